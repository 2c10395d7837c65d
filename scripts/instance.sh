# One running Annals with its PostgreSQL and broker: up, down, reset, psql. Sourced by ./dev.
# shellcheck shell=bash

readonly kApiPort=8080 kPostgresPort=5433 kKafkaPort=9092
readonly kUpUsage="[--kafka embedded|real|HOST:PORT] [--port N]"
readonly kReadySeconds=120  # a large log is read again when the embedded broker is refilled

home=${ANNALS_HOME:-$root/.annals}
[[ $home == /* ]] || home=$PWD/$home

annals_pid="" up_is_ready=""

cmd_up() {
    local kafka=embedded port=$kApiPort started
    while (($#)); do
        case $1 in
            --kafka) kafka=${2:?--kafka needs real, embedded or HOST:PORT} && shift 2 ;;
            --kafka=*) kafka=${1#*=} && shift ;;
            --port) port=${2:?--port needs a number} && shift 2 ;;
            *) die -c 64 "up: unknown argument $1" "usage: ./dev up $kUpUsage" ;;
        esac
    done
    [[ $kafka =~ ^(real|embedded|[^:]+:[0-9]+)$ ]] ||
        die -c 64 "--kafka: \"$kafka\" is not real, embedded or HOST:PORT"

    trap 'instance_stop' EXIT
    trap 'instance_interrupted' INT TERM HUP
    local groups=(build server)
    [[ $kafka == real ]] && groups+=(kafka)
    need_packages "${groups[@]}"
    build annals

    started=$(now_ms)
    instance_open_home
    instance_end_leftovers
    rm -f "$home/run.json"
    step "starting PostgreSQL"
    pg_start "$home" "$kPostgresPort"
    pg_create_database annals
    note "127.0.0.1:$PG_PORT, data in $PG_DIR"
    step "migrating"
    local log=$home/logs/migrate.log
    "$annals_bin" migrate --owner-dsn "$PG_DSN user=postgres dbname=annals" >"$log" 2>&1 || {
        cat "$log" >&2
        die "the migration failed"
    }
    instance_start_broker "$kafka"
    instance_serve "$port"
    note "ready after $(seconds_since "$started")"
    instance_print
    up_is_ready=yes

    local status=0
    wait "$annals_pid" || status=$?
    tail -n 5 "$home/logs/annals.log" >&2
    die "the server ended by itself (status $status); its log is $home/logs/annals.log"
}

instance_open_home() {
    mkdir -p "$home/logs" "$home/keys"
    chmod 700 "$home/keys"
    home=$(cd "$home" && pwd -P)
    # Servers close it (9>&-): one that outlives this script must not look like a running ./dev.
    exec 9>"$home/lock"
    flock -n 9 ||
        die "an instance already runs in $home (pid $(cat "$home/dev.pid" 2>/dev/null));" \
            "./dev down stops it, ANNALS_HOME=DIR ./dev up starts another one beside it"
    printf '%s\n' "$$" >"$home/dev.pid"
    if [[ ! -s $home/keys/master.key ]]; then
        step "making the master key $home/keys/master.key"
        note "keep a copy: sealed personal data cannot be read without it"
        (umask 077 && head -c 32 /dev/urandom >"$home/keys/master.key.new")
        mv "$home/keys/master.key.new" "$home/keys/master.key"
    fi
}

# What a killed ./dev left running. PostgreSQL is not ended: pg_start takes it over.
instance_end_leftovers() {
    local pid
    pid=$(cat "$home/annals.pid" 2>/dev/null) || true
    if process_names "$pid" "$home"; then stop_process "$pid" "the server of an earlier run" || true; fi
    pid=$(cat "$home/kafka/pid" 2>/dev/null) || true
    if process_names "$pid" "$home/kafka"; then stop_process "$pid" "the broker of an earlier run" || true; fi
    rm -f "$home/annals.pid" "$home/kafka/pid"
}

instance_start_broker() {
    kafka_address="" kafka_note="in memory, inside the server"
    case $1 in
        embedded) return ;;
        real)
            step "starting Apache Kafka"
            kafka_start "$home/kafka" "$kKafkaPort"
            kafka_address=$KAFKA_ADDRESS kafka_note="Apache Kafka, data in $home/kafka"
            note "$kafka_address"
            ;;
        *) kafka_address=$1 kafka_note="not ours" ;;
    esac
}

instance_answers_or_died() {
    is_alive "$annals_pid" || return 0
    [[ -s $home/run.json ]] && curl -fs -m 2 -o /dev/null "http://127.0.0.1:$api_port/readyz"
}

instance_serve() {
    free_port "$1"
    api_port=$REPLY
    step "starting the server"
    local log=$home/logs/annals.log
    # A session of its own, so that Ctrl-C reaches this script alone, which then stops things in their order.
    setsid "$annals_bin" serve --home "$home" --dsn "$PG_DSN dbname=annals" --port "$api_port" \
        ${kafka_address:+--kafka "$kafka_address"} </dev/null >"$log" 2>&1 9>&- &
    annals_pid=$!
    printf '%s\n' "$annals_pid" >"$home/annals.pid"
    wait_until "$kReadySeconds" instance_answers_or_died ||
        die "the server is not ready after $kReadySeconds s; its log is $log"
    if ! is_alive "$annals_pid"; then
        local status=0
        wait "$annals_pid" || status=$?
        tail -n 10 "$log" >&2
        die -c "$status" "the server ended with status $status; its log is $log"
    fi
    local more
    more=$(jq --arg pg "$PG_PID" --arg kafka "${KAFKA_PID:-}" '.pids.postgres = ($pg | tonumber)
        | if $kafka == "" then . else .pids.kafka = ($kafka | tonumber) end' "$home/run.json")
    printf '%s\n' "$more" >"$home/run.json.new"
    chmod --reference="$home/run.json" "$home/run.json.new"
    mv "$home/run.json.new" "$home/run.json"
}

instance_print() {
    local token
    token=$(jq -r '.bootstrap_token // empty' "$home/run.json")
    say ""
    jq -r --arg note "$kafka_note" --arg home "$home" '
        "  API     \(.api)",
        "  docs    \(.docs)",
        "  broker  \(.kafka)  (\($note))",
        "  home    \($home)  (run.json, logs/, keys/)"' "$home/run.json"
    if [[ -n $token ]]; then
        say "  token   $token  (once, for POST /api/v1/bootstrap)"
    fi
    say ""
    say "Ctrl-C stops everything."
}

instance_interrupted() {
    trap '' INT TERM HUP  # a second Ctrl-C must not cut the stop short
    [[ -n $up_is_ready ]] && { say "" && exit 0; }
    exit 130
}

instance_stop() {
    local status=$?
    trap '' INT TERM HUP
    trap - EXIT
    if [[ -n $annals_pid ]] && is_alive "$annals_pid"; then
        step "stopping the server"
        stop_process "$annals_pid" "the server" || status=1
    fi
    if [[ -n ${KAFKA_PID:-} ]]; then
        step "stopping Apache Kafka"
        kafka_stop
    fi
    if [[ -n ${PG_PID:-} ]]; then
        step "stopping PostgreSQL"
        pg_stop fast
    fi
    if [[ $(cat "$home/dev.pid" 2>/dev/null) == "$$" ]]; then
        rm -f "$home/run.json" "$home/annals.pid" "$home/dev.pid" "$home/kafka/pid"
    fi
    exit "$status"
}

cmd_down() {
    local pid
    [[ -d $home ]] || { say "nothing runs: $home does not exist" && return; }
    home=$(cd "$home" && pwd -P)
    pid=$(cat "$home/dev.pid" 2>/dev/null) || true
    # The id counts only while somebody holds the lock: ids are reused.
    if is_alive "$pid" && ! flock -n "$home/lock" true; then
        step "stopping the instance in $home"
        kill -TERM "$pid"
        wait_until "$kInstanceStopSeconds" process_is_gone "$pid" ||
            die "./dev (pid $pid) did not stop within $kInstanceStopSeconds s"
    fi
    instance_end_leftovers
    if [[ -d $home/pg || -f $home/pg.path ]]; then
        pg_place "$home"
        pg_stop fast
    fi
    rm -f "$home/dev.pid" "$home/run.json"
    say "down"
}

cmd_reset() {
    [[ -d $home ]] || { say "nothing to delete: $home does not exist" && return; }
    [[ -f $home/keys/master.key || -d $home/pg || -f $home/pg.path ]] ||
        die "$home does not look like an Annals home"
    if [[ ${1:-} != --yes ]]; then
        [[ -t 0 ]] || die -c 64 "reset deletes every event in $home; say ./dev reset --yes"
        local answer
        read -r -p "Delete every event, key and log in $home? [y/N] " answer
        [[ $answer == [yY]* ]] || die "nothing was deleted"
    fi
    cmd_down
    instance_delete
    say "deleted $home"
}

# Deletes only what up made; a directory with other things in it stays.
instance_delete() {
    if [[ -f $home/pg.path ]]; then
        PG_DIR=$(<"$home/pg.path")
        [[ $PG_DIR == /var/tmp/annals-pg.* ]] && rm -rf "$PG_DIR"
    fi
    rm -rf "$home/pg" "$home/pg.path" "$home/kafka" "$home/keys" "$home/logs" "$home/run.json" "$home/lock"
    rmdir "$home" 2>/dev/null || note "kept $home: it holds other files"
}

cmd_psql() {
    [[ -d $home/pg || -f $home/pg.path ]] || die "there is no cluster in $home; ./dev up makes one"
    pg_place "$home"
    pg_ctl status >/dev/null || die "PostgreSQL does not run; start it with ./dev up"
    local lines
    mapfile -t lines < <(as_pg cat "$PG_DIR/data/postmaster.pid")
    exec psql -X -d "host='$PG_DIR/socket' port=${lines[3]} user=postgres dbname=annals" "$@"
}
