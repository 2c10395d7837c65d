# Tests, goldens and lint. Sourced by ./dev.
# shellcheck shell=bash

readonly kTestLabels="unit pg kafka e2e tidy"
readonly kTestPostgresPort=15433 kTestKafkaPort=19092
readonly kTestJobs=2
readonly kTestPresets="release dev asan tsan coverage"

test_home=""

# Servers for tests and benches: a new cluster and a new broker in a temporary directory, gone afterwards.
servers_start() {
    temporary_dir test
    test_home=$REPLY
    trap 'servers_stop' EXIT
    trap 'exit 130' INT TERM HUP
    local started
    started=$(now_ms)
    if [[ $1 == *pg* ]]; then
        step "starting PostgreSQL for the tests"
        pg_start "$test_home" "$kTestPostgresPort"
        export ANNALS_TEST_PG="$PG_DSN user=postgres dbname=postgres"
        note "127.0.0.1:$PG_PORT after $(seconds_since "$started")"
    fi
    if [[ $1 == *kafka* ]]; then
        started=$(now_ms)
        step "starting Apache Kafka for the tests"
        kafka_start "$test_home/kafka" "$kTestKafkaPort"
        export ANNALS_TEST_KAFKA=$KAFKA_ADDRESS
        note "$KAFKA_ADDRESS after $(seconds_since "$started")"
    fi
}

servers_stop() {
    local status=$?
    trap '' INT TERM HUP
    trap - EXIT
    stop_run_group
    kafka_stop KILL
    pg_stop immediate
    if [[ -f $test_home/pg.path ]]; then rm -rf "$(<"$test_home/pg.path")"; fi
    rm -rf "$test_home"
    exit "$status"
}

# test_selection [LABEL...|REGEX]: sets the array `selection`, ctest's arguments for it.
test_selection() {
    local word labels=""
    selection=()
    for word in "$@"; do
        if [[ " $kTestLabels " != *" $word "* ]]; then
            (($# == 1)) || die -c 64 "\"$word\" is no label ($kTestLabels); a regular expression stands alone"
            selection=(-R "$word")
            return
        fi
        labels+="${labels:+|}$word"
    done
    if [[ -n $labels ]]; then selection=(-L "^($labels)\$"); fi
}

# Options of the sanitizers for everything the tests start; each line of a suppression file says why.
sanitizer_options() {
    local place="$root/tests/sanitizers"
    export UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1"
    export ASAN_OPTIONS="detect_stack_use_after_return=1:strict_string_checks=1"
    export LSAN_OPTIONS="suppressions=$place/lsan.txt:print_suppressions=0"
    export TSAN_OPTIONS="suppressions=$place/tsan.txt:halt_on_error=1:second_deadlock_stack=1"
}

# Which servers the selected tests need, by their labels.
test_servers() {
    local labels
    labels=$(ctest --test-dir "$build_dir" "${selection[@]}" --show-only=json-v1 |
        jq -r '[.tests[].properties[]? | select(.name == "LABELS").value[]] | unique | join(" ")') ||
        die "ctest could not list the tests"
    case " $labels " in
        *" kafka "* | *" e2e "*) echo "pg kafka" ;;
        *" pg "*) echo "pg" ;;
    esac
}

cmd_test() {
    if [[ ${1:-} == --preset ]]; then
        [[ " $kTestPresets " == *" ${2:-} "* ]] ||
            die -c 64 "usage: ./dev test [--preset PRESET] [LABEL...|REGEX]   (presets: $kTestPresets)"
        [[ $preset == "$2" ]] || ANNALS_PRESET=$2 exec "$root/dev" test "${@:3}"
        shift 2
    fi
    local selection servers junit="$build_dir/tests.xml" status=0
    need_packages build server kafka test
    case $preset in asan | tsan | coverage) need_packages sanitizers ;; esac
    build
    test_selection "$@"
    sanitizer_options
    servers=$(test_servers)
    servers_start "$servers"
    step "running the tests${1:+ that match \"$*\"}"
    rm -f "$junit"
    export ANNALS_BIN=$annals_bin
    run_interruptible ctest --test-dir "$build_dir" "${selection[@]}" -j "$kTestJobs" --output-on-failure \
        --no-tests=error --output-junit "$junit" || status=$?
    python3 "$root/scripts/test_summary.py" "$junit" || status=1
    return "$status"
}

cmd_golden() {
    export GOLDEN_UPDATE=1
    local status=0
    (cmd_test "${1:-[Gg]olden|Contract|FuzzSeeds}") || status=$?
    git -C "$root" --no-pager diff --stat -- tests docs
    ((status == 0)) || die "some tests failed while the goldens were written"
    say "Read this difference as a reviewer would: no stored event changes its shape without a new version."
}

# Sources under our style: what git knows or would add.
list_sources() { git -C "$root" ls-files -co --exclude-standard -- '*.cpp' '*.hpp'; }

cmd_fmt() {
    need_packages lint
    cd "$root" || exit
    list_sources | xargs -r clang-format-19 -i
    git --no-pager diff --stat
}

cmd_lint() {
    need_packages build lint
    cd "$root" || exit
    local failed=0 started
    started=$(now_ms)
    step "clang-format"
    list_sources | xargs -r clang-format-19 --dry-run -Werror || failed=1
    step "shellcheck"
    shellcheck dev .ci/run scripts/*.sh || failed=1
    step "clang-tidy"
    [[ -f $build_dir/compile_commands.json ]] || build
    python3 scripts/clang_tidy.py "$build_dir" "$@" || failed=1
    ((failed == 0)) || die "lint found something (./dev fmt mends the format)"
    note "clean after $(seconds_since "$started")"
}
