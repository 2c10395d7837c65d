# libFuzzer on the readers of what arrives from outside. Sourced by ./dev.
# shellcheck shell=bash

readonly kFuzzTargets="request_gate command event_line cursor config bundle"
readonly kFuzzSeconds=60 kFuzzInputMax=4096 kFuzzMemoryMb=2048 kFuzzInputSeconds=10

# fuzz_target NAME SECONDS: what the run learns stays in the build folder for the next one; what breaks the
# target goes to tests/fuzz/found, where the suite repeats it for ever.
fuzz_target() {
    local name=$1 seconds=$2 status=0
    local learnt="$build_dir/corpus/$name" found="$root/tests/fuzz/found/$name"
    local log="$build_dir/fuzz-$name.log"
    mkdir -p "$learnt" "$found"
    step "fuzzing $name for $seconds s (log: ${log#"$root"/})"
    ANNALS_FUZZ_TARGET=$name run_interruptible "$build_dir/bin/annals_fuzz" -max_total_time="$seconds" \
        -max_len="$kFuzzInputMax" -timeout="$kFuzzInputSeconds" -rss_limit_mb="$kFuzzMemoryMb" \
        -print_final_stats=1 -artifact_prefix="$found/" "$learnt" "$root/tests/fuzz/corpus/$name" \
        >"$log" 2>&1 || status=$?
    awk -v name="$name" '
        / cov: / {
            for (i = 1; i < NF; i++) { if ($i == "cov:") edges = $(i + 1); if ($i == "ft:") ft = $(i + 1) }
        }
        /stat::number_of_executed_units/ { runs = $2 }
        END { printf "    %s: %d executions, %d edges, %d features\n", name, runs, edges, ft }' "$log"
    rmdir "$found" 2>/dev/null || true
    if ((status != 0)); then
        grep -E '^(broken:|==[0-9]+==|SUMMARY:|.*runtime error:|artifact_prefix)' "$log" >&2 ||
            tail -n 20 "$log" >&2
        warn "$name: something was found; the bytes are in ${found#"$root"/}"
    fi
    return "$status"
}

cmd_fuzz() {
    [[ $preset == fuzz ]] || ANNALS_PRESET=fuzz exec "$root/dev" fuzz "$@"
    local seconds=$kFuzzSeconds names=() name failed=0
    while (($#)); do
        case $1 in
            --seconds) seconds=${2:?--seconds needs a number} && shift ;;
            *) [[ " $kFuzzTargets " == *" $1 "* ]] ||
                die -c 64 "usage: ./dev fuzz [TARGET...] [--seconds N]   (targets: $kFuzzTargets)"
                names+=("$1") ;;
        esac
        shift
    done
    ((${#names[@]})) || read -ra names <<<"$kFuzzTargets"
    need_packages build sanitizers
    trap 'stop_run_group' EXIT
    trap 'exit 130' INT TERM HUP
    build annals_fuzz
    for name in "${names[@]}"; do fuzz_target "$name" "$seconds" || failed=$((failed + 1)); done
    say "$((${#names[@]} - failed)) passed, $failed failed"
    ((failed == 0))
}
