# A fresh instance in a temporary home, for ./dev smoke and ./dev bench. Sourced by ./dev.
# shellcheck shell=bash

fresh_home="" fresh_up_pid="" fresh_kafka=embedded

fresh_make() {
    temporary_dir fresh
    fresh_home=$REPLY
}

# fresh_up: starts ./dev up in the home and waits until it is ready; sets run_json, api, broker and dsn.
fresh_up() {
    local log
    log=$fresh_home/up.$(now_ms).log
    : >"$log"
    ANNALS_HOME=$fresh_home/home "$root/dev" up --kafka "$fresh_kafka" >"$log" 2>&1 </dev/null &
    fresh_up_pid=$!
    wait_until 180 fresh_is_up_or_died "$log" || die "./dev up is not ready after 180 s: $(tail -n 5 "$log")"
    is_alive "$fresh_up_pid" || die "./dev up ended: $(tail -n 5 "$log")"
    run_json=$fresh_home/home/run.json
    api=$(jq -r .api "$run_json")/api/v1
    broker=$(jq -r .kafka "$run_json")
    dsn=$(jq -r .dsn "$run_json")
}
fresh_is_up_or_died() { ! is_alive "$fresh_up_pid" || grep -q '^Ctrl-C stops' "$1"; }

fresh_logs() {
    say "the instance's own words, last lines:"
    tail -n 20 "$fresh_home"/up*.log "$fresh_home/home/logs/annals.log" 2>/dev/null || true
}

# fresh_end: stops it and deletes everything.
fresh_end() {
    stop_process "$fresh_up_pid" "./dev up" TERM "$kInstanceStopSeconds" || true
    home=$fresh_home/home
    if [[ -d $home ]]; then instance_delete >/dev/null || true; fi
    rm -rf "$fresh_home"
}
