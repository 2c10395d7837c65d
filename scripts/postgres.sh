# A private PostgreSQL cluster: make, start, stop. Sourced by ./dev.
# shellcheck shell=bash
#
# PostgreSQL refuses to run as root, so as root the server runs as the user "postgres" that its package made.
# Such a user cannot pass through every home directory, and a socket's path may have 107 bytes only; where
# either is in the way the cluster goes below /var/tmp and the file pg.path in the home says where.

readonly kSocketPathMax=80

pg_os_user() { if ((EUID == 0)); then echo postgres; else id -un; fi; }

as_pg() {
    if ((EUID == 0)); then
        setpriv --reuid=postgres --regid=postgres --init-groups env -C / HOME=/var/lib/postgresql "$@"
    else
        "$@"
    fi
}

# pg_bin [MAJOR]: the directory of the server's programs; the newest from 15 on unless a version is named.
pg_bin() {
    local major
    for major in ${1:-18 17 16 15}; do
        if [[ -x /usr/lib/postgresql/$major/bin/postgres ]]; then
            printf '%s' "/usr/lib/postgresql/$major/bin"
            return
        fi
    done
    die "no PostgreSQL server ${1:-15 or newer} below /usr/lib/postgresql"
}

# pg_place HOME: sets PG_DIR, the directory that holds data/, socket/ and log for this home; makes it when
# missing.
pg_place() {
    local home=$1
    PG_DIR=$home/pg
    [[ -f $home/pg.path ]] && PG_DIR=$(<"$home/pg.path")
    [[ -d $PG_DIR ]] && return
    if ((${#PG_DIR} > kSocketPathMax)) || ! as_pg test -x "$home"; then
        PG_DIR=$(mktemp -d /var/tmp/annals-pg.XXXXXX)
        printf '%s\n' "$PG_DIR" >"$home/pg.path"
        note "PostgreSQL's user cannot use $home; its cluster is in $PG_DIR (recorded in $home/pg.path)"
    fi
    mkdir -p "$PG_DIR"
    chmod 700 "$PG_DIR"
    if ((EUID == 0)); then chown postgres: "$PG_DIR"; fi
}

# Trust holds on the socket alone, whose directory only its owner may enter; TCP asks for a password that no
# role has until somebody sets one. Values are logged nowhere, not even with an error: they may be personal
# data.
pg_write_settings() {
    as_pg tee "$PG_DIR/data/annals.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = '$PG_DIR/socket'
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 512MB
max_wal_size = 4GB
wal_compression = lz4
fsync = on
synchronous_commit = on
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_min_error_statement = panic
timezone = 'UTC'
CONF
    as_pg tee "$PG_DIR/data/pg_hba.conf" >/dev/null <<CONF
local all all trust
host  all all 127.0.0.1/32 scram-sha-256
CONF
}

pg_init() {
    [[ -f $PG_DIR/data/PG_VERSION ]] && return
    step "making a PostgreSQL cluster in $PG_DIR"
    as_pg rm -rf "$PG_DIR/data.new"
    as_pg mkdir -p -m 700 "$PG_DIR/socket"
    as_pg "$(pg_bin)/initdb" -D "$PG_DIR/data.new" -k -U postgres -E UTF8 --locale=C.UTF-8 -A trust \
        >"$PG_DIR/initdb.log" 2>&1 || {
        cat "$PG_DIR/initdb.log" >&2
        die "initdb failed"
    }
    printf "\ninclude 'annals.conf'\n" | as_pg tee -a "$PG_DIR/data.new/postgresql.conf" >/dev/null
    as_pg mv "$PG_DIR/data.new" "$PG_DIR/data"  # only a finished cluster has the final name
}

pg_ctl() { as_pg "$(pg_bin "$(as_pg cat "$PG_DIR/data/PG_VERSION")")/pg_ctl" -D "$PG_DIR/data" "$@"; }

# pg_start HOME FIRST_PORT: sets PG_DIR, PG_PORT, PG_PID and PG_DSN (no user, no database). A cluster of this
# home that still runs, left by a ./dev that was killed, is taken over.
pg_start() {
    pg_place "$1"
    pg_init
    if ! pg_ctl status >/dev/null; then
        free_port "$2"
        pg_write_settings
        pg_ctl start -w -t 60 -s -l "$PG_DIR/log" -o "-p $REPLY" 9>&- || {
            as_pg tail -n 15 "$PG_DIR/log" >&2
            die "PostgreSQL did not start; its log is $PG_DIR/log"
        }
    fi
    local lines
    mapfile -t lines < <(as_pg cat "$PG_DIR/data/postmaster.pid")
    PG_PID=${lines[0]} PG_PORT=${lines[3]}
    PG_DSN="host='$PG_DIR/socket' port=$PG_PORT"
}

# pg_stop [MODE]: fast (default) ends sessions and writes a checkpoint; immediate is for clusters that are
# thrown away.
pg_stop() {
    [[ -n ${PG_DIR:-} && -f $PG_DIR/data/PG_VERSION ]] || return 0
    pg_ctl status >/dev/null 2>&1 || return 0
    pg_ctl stop -s -w -t 60 -m "${1:-fast}" >/dev/null || warn "PostgreSQL (pid ${PG_PID:-?}) did not stop"
}

# pg_query DATABASE SQL: as the superuser, unaligned, no headings.
pg_query() { psql -X -q -At -v ON_ERROR_STOP=1 -d "$PG_DSN user=postgres dbname=$1" -c "$2"; }

pg_create_database() {
    [[ $(pg_query postgres "select 1 from pg_database where datname = '$1'") == 1 ]] ||
        pg_query postgres "create database \"$1\""
}
