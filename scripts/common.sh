# Messages, time, free ports and processes: what every other script here uses. Sourced by ./dev, never run.
# shellcheck shell=bash

# Where two instances agree on ports before anything listens on them (one lock file per port).
readonly kPortLocks="${TMPDIR:-/tmp}/annals-ports-$EUID"
readonly kPortTries=500
readonly kStopSeconds=15         # the server promises to finish what runs within 10 s
readonly kInstanceStopSeconds=60  # server, broker and PostgreSQL, one after the other

say() { printf '%s\n' "$*"; }
step() { printf '==> %s\n' "$*"; }
note() { printf '    %s\n' "$*"; }
warn() { printf 'warning: %s\n' "$*" >&2; }

# die [-c CODE] MESSAGE...: one line per argument, then exit (1 unless told).
die() {
    local code=1
    if [[ ${1:-} == -c ]]; then
        code=$2
        shift 2
    fi
    printf 'dev: %s\n' "$@" >&2
    exit "$code"
}

now_ms() { printf '%d' "$((${EPOCHREALTIME/[.,]/} / 1000))"; }

# seconds_since START_MS: the time passed, as "1.23 s".
seconds_since() {
    local ms=$(($(now_ms) - $1))
    printf '%d.%02d s' $((ms / 1000)) $((ms % 1000 / 10))
}

# wait_until SECONDS COMMAND...: repeats the command until it succeeds; fails when the time is over.
wait_until() {
    local deadline=$(($(now_ms) + $1 * 1000))
    shift
    until "$@"; do
        (($(now_ms) < deadline)) || return 1
        sleep 0.05
    done
}

port_is_open() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port FIRST: sets REPLY to the first free port from FIRST on. The lock is held as long as this process
# or a server it started lives, so that two instances starting together do not choose the same one. Call it in
# this shell: in a $(...) the lock would be gone at once.
free_port() {
    local port lock
    mkdir -p "$kPortLocks"
    for ((port = $1; port < $1 + kPortTries; port++)); do
        exec {lock}>"$kPortLocks/$port"
        if flock -n "$lock" && ! port_is_open "$port"; then
            REPLY=$port
            return
        fi
        exec {lock}>&-
    done
    die "no free port between $1 and $((port - 1)) on 127.0.0.1"
}

is_alive() { [[ -n ${1:-} ]] && kill -0 "$1" 2>/dev/null; }

# process_names PID TEXT: whether the process is alive and its command line contains TEXT. Ids are reused, so
# nothing that was read from a file is ever signalled without this.
process_names() {
    is_alive "${1:-}" && tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null | grep -qF -- "$2"
}

process_is_gone() { ! is_alive "$1"; }

# stop_process PID NAME [SIGNAL [SECONDS]]: asks it to stop and waits; kills it, with a warning, when it does
# not.
stop_process() {
    local pid=$1 name=$2 signal=${3:-TERM} seconds=${4:-$kStopSeconds}
    is_alive "$pid" || return 0
    kill "-$signal" "$pid" 2>/dev/null || return 0
    wait_until "$seconds" process_is_gone "$pid" && return 0
    warn "$name (pid $pid) did not stop within $seconds s; killing it"
    kill -KILL "$pid" 2>/dev/null || true
    wait_until 5 process_is_gone "$pid" || true
    return 1
}

# run_interruptible COMMAND...: runs the command in a process group of its own and waits. A signal to this
# script ends the whole group at once (bash would otherwise hold its traps back until the command is done).
run_group_pid=""
run_interruptible() {
    local status=0
    setsid "$@" &
    run_group_pid=$!
    wait "$run_group_pid" || status=$?
    run_group_pid=""
    return "$status"
}
stop_run_group() {
    [[ -n $run_group_pid ]] || return 0
    kill -TERM -- "-$run_group_pid" 2>/dev/null || true
    wait "$run_group_pid" 2>/dev/null || true
    run_group_pid=""
}

# temporary_dir NAME: sets REPLY to a new directory that the PostgreSQL user may pass through.
temporary_dir() {
    REPLY=$(mktemp -d "${TMPDIR:-/tmp}/annals-$1.XXXXXX")
    chmod 755 "$REPLY"
}
