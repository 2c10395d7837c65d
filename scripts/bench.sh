# Benches and the team day. Sourced by ./dev. tests/bench/README.md says what is measured and how.
# shellcheck shell=bash

cmd_bench() {
    if [[ ${1:-} == team-day ]]; then
        shift
        bench_team_day "$@"
        return
    fi
    local servers=pg  # a broker is started for --kafka real alone
    [[ " $* " == *" --kafka real "* || " $* " == *" --kafka=real "* ]] && servers="pg kafka"
    need_packages build server kafka bench
    build annals
    servers_start "$servers"
    export ANNALS_BIN=$annals_bin
    run_interruptible python3 "$root/tests/bench/run.py" "$@"
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
