# Faults under load. Sourced by ./dev. tests/chaos/README.md says what is done and checked.
# shellcheck shell=bash

chaos_work=""

cmd_chaos() {
    if [[ " $* " == *" --schedule "* || " $* " == *" --help "* ]]; then
        exec python3 "$root/tests/chaos/run.py" "$@"
    fi
    need_packages build server kafka chaos
    build annals annals_chaos_clock
    kafka_install
    temporary_dir chaos
    chaos_work=$REPLY
    trap 'chaos_end' EXIT
    trap 'exit 130' INT TERM HUP
    # The ports stand in what run.py adds; these are the settings that every private broker has.
    kafka_write_settings "$chaos_work" 0 0
    export ANNALS_BIN=$annals_bin CHAOS_WORK=$chaos_work KAFKA_LIBS=$kafka_libs
    export CLOCK_SHIM=$build_dir/tests/chaos/libannals_chaos_clock.so
    export KAFKA_SETTINGS=$chaos_work/server.properties PG_PROGRAMS CHAOS_MAY_MOUNT=no
    PG_PROGRAMS=$(pg_bin)
    # A mount namespace of its own: the small disks of the run vanish with it, however it ends.
    local namespace=()
    if unshare --mount --propagation private true 2>/dev/null; then
        namespace=(unshare --mount --propagation private)
        CHAOS_MAY_MOUNT=yes
    fi
    run_interruptible "${namespace[@]}" python3 "$root/tests/chaos/run.py" "$@"
}

chaos_end() {
    local status=$?
    trap '' INT TERM HUP
    trap - EXIT
    stop_run_group
    # A failed run keeps its logs, but not its data.
    if ((status != 0)) && [[ -d $chaos_work/run/logs ]]; then
        local kept
        kept=$(mktemp -d "${TMPDIR:-/tmp}/annals-chaos-logs.XXXXXX")
        cp -r "$chaos_work/run/logs" "$chaos_work/run/schedule" "$kept/"
        cp "$chaos_work/broker.log" "$kept/logs/" 2>/dev/null || true
        note "the logs of this run are in $kept"
    fi
    rm -rf "$chaos_work"
    exit "$status"
}
