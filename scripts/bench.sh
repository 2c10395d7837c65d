# Benches and the team day. Sourced by ./dev. tests/bench/README.md says what is measured and how.
# shellcheck shell=bash

readonly path_cost_bin="$build_dir/bin/annals_path_cost"

cmd_bench() {
    if [[ ${1:-} == team-day ]]; then
        shift
        bench_team_day "$@"
        return
    elif [[ ${1:-} == path-cost ]]; then
        shift
        bench_path_cost "$@"
        return
    fi
    local servers="pg kafka"
    bench_needs_kafka "$@" || servers=pg
    need_packages build server kafka bench
    build annals annals_path_cost
    servers_start "$servers"
    export ANNALS_BIN=$annals_bin BENCH_PATH_COST=$path_cost_bin BENCH_KAFKA_LIBS=$kafka_libs
    run_interruptible python3 "$root/tests/bench/run.py" "$@"
}

# bench_needs_kafka ARGUMENTS: whether they ask for a real broker: the bench "relay", which runs when nothing
# is named and nothing is quick, or --kafka real.
bench_needs_kafka() {
    local argument named=0 quick=0 after_option=0
    for argument in "$@"; do
        case $argument in
            relay | real | --kafka=real) return 0 ;;
            --quick | --guard | --record-expected) quick=1 ;;
            --json | --markdown | --kafka | --overload-s) after_option=1 && continue ;;
            -*) ;;
            *) ((after_option)) || named=1 ;;
        esac
        after_option=0
    done
    ((!named && !quick))
}

# bench_path_cost [--record]: the instructions of a command alone, without any server.
bench_path_cost() {
    need_packages build bench
    build annals_path_cost
    export BENCH_PATH_COST=$path_cost_bin
    python3 "$root/tests/bench/path_cost.py" "$@"
}

# bench_team_day [--kafka embedded|real] [ARGUMENTS of annals bench]: on a fresh instance, deleted afterwards.
bench_team_day() {
    local arguments=()
    while (($#)); do
        case $1 in
            --kafka) fresh_kafka=${2:?--kafka needs real or embedded} && shift 2 ;;
            --kafka=*) fresh_kafka=${1#*=} && shift ;;
            *) arguments+=("$1") && shift ;;
        esac
    done
    [[ $fresh_kafka == real ]] && arguments+=(--kafka-complete)
    need_packages build server kafka
    build annals
    # Short, so that sessions are refreshed and expired tokens tried within a day.
    export ANNALS_ACCESS_TOKEN_TTL_S=${ANNALS_ACCESS_TOKEN_TTL_S:-30}
    fresh_make
    trap 'stop_run_group; fresh_end' EXIT
    trap 'exit 130' INT TERM HUP
    step "starting a fresh instance, broker: $fresh_kafka"
    fresh_up
    run_interruptible "$annals_bin" bench --workload team-day --run "$run_json" "${arguments[@]}" || {
        local status=$?
        fresh_logs
        return "$status"
    }
}
