# The first hour of a new instance, walked with curl, jq, psql and kcat. Sourced by ./dev.
# shellcheck shell=bash
#
# Each step is a function of scripts/smoke_steps.sh; a step that meets anything unexpected calls smoke_fail,
# which ends the walk. The instance lives in a temporary home and is stopped and deleted on every way out.

readonly kSmokeSeconds=15  # for one answer, one event on the topic, one end of a process

smoke_step_name="" smoke_step_start=0 smoke_passed=0

cmd_smoke() {
    case "$*" in
        "") ;;
        "--kafka real" | "--kafka=real") fresh_kafka=real ;;
        "--kafka embedded" | "--kafka=embedded") ;;
        *) die -c 64 "usage: ./dev smoke [--kafka embedded|real]" ;;
    esac
    need_packages build server kafka
    build annals
    fresh_make
    trap 'smoke_end' EXIT
    trap 'exit 130' INT TERM HUP
    # shellcheck source=scripts/smoke_steps.sh
    source "$root/scripts/smoke_steps.sh"
    say "first hour of a new instance, broker: $fresh_kafka"
    local name
    for name in "${smoke_steps[@]}"; do
        smoke_step_name=${name//_/ }
        smoke_step_start=$(now_ms)
        "step_$name"
        printf 'ok    %8s  %s\n' "$(seconds_since "$smoke_step_start")" "$smoke_step_name"
        smoke_passed=$((smoke_passed + 1))
    done
    smoke_step_name=""
}

smoke_end() {
    local status=$?
    trap '' INT TERM HUP
    trap - EXIT
    if ((status != 0)); then
        printf 'FAIL  %8s  %s\n' "$(seconds_since "$smoke_step_start")" "${smoke_step_name:-setting up}"
        fresh_logs
    fi
    fresh_end
    say "$smoke_passed passed, $((status != 0)) failed"
    exit "$status"
}

smoke_fail() {
    printf '      %s\n' "$@"
    exit 1
}

# call METHOD PATH [JSON]: sets http_status and http_body. The path is below /api/v1; $token authenticates
# when set.
call() {
    local arguments=(-sS -m "$kSmokeSeconds" -X "$1" -o "$fresh_home/body" -w '%{http_code}')
    [[ -n ${token:-} ]] && arguments+=(-H "Authorization: Bearer $token")
    [[ -n ${3:-} ]] && arguments+=(-H 'Content-Type: application/json' --data-binary "$3")
    http_call="$1 $2"
    http_status=$(curl "${arguments[@]}" "$api/$2") || smoke_fail "$http_call: no answer"
    http_body=$(<"$fresh_home/body")
}

expect_status() {
    [[ $http_status == "$1" ]] || smoke_fail "$http_call answered $http_status instead of $1:" "$http_body"
}

# field FILTER: one value of the last answer; a missing one ends the walk.
field() {
    jq -er "$1" <<<"$http_body" 2>/dev/null || smoke_fail "$http_call: no $1 in the answer:" "$http_body" >&2
}

# expect FILTER VALUE
expect() {
    local value
    value=$(jq -r "$1" <<<"$http_body")
    [[ $value == "$2" ]] || smoke_fail "$http_call: $1 is \"$value\" instead of \"$2\" in:" "$http_body"
}

# command STATUS METHOD PATH JSON: a command; remembers its position for the next query.
command_call() {
    call "$2" "$3" "${4:-}"
    expect_status "$1"
    position=$(field .position)
}

# query PATH: waits for what the last command wrote.
query() {
    local separator='?'
    [[ $1 == *\?* ]] && separator='&'
    call GET "$1${separator}min_position=$position"
    expect_status 200
}

sql() { psql -X -q -At -v ON_ERROR_STOP=1 -d "$dsn user=postgres" -c "$1"; }
topic() { kcat -b "$broker" -C -t annals.events -o beginning -e -q -X isolation.level=read_committed; }
