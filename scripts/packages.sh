# Which Debian packages each task needs, and their installation. Sourced by ./dev.
# shellcheck shell=bash

# Debian 13 has newer versions of three libraries and servers under other names.
packages_for_release() {
    local release=12
    # shellcheck source=/dev/null
    [[ -r /etc/os-release ]] && release=$(. /etc/os-release && printf '%s' "${VERSION_ID:-12}")
    if [[ $release == 13* ]]; then
        boost=libboost1.83-dev postgresql=postgresql-17 java=openjdk-21-jre-headless
    else
        boost=libboost1.81-dev postgresql=postgresql-15 java=openjdk-17-jre-headless
    fi
}

# packages_of GROUP: the packages, and in REPLY_WHY what they are for.
packages_of() {
    local boost postgresql java
    packages_for_release
    case $1 in
        build)
            REPLY_WHY="compile and link the server"
            REPLY="clang-19 lld-19 mold ccache ninja-build cmake git pkg-config $boost libpqxx-dev libpq-dev
                librdkafka-dev libsimdjson-dev libgtest-dev libgmock-dev libsodium-dev libssl-dev libfmt-dev
                libspdlog-dev libcli11-dev prometheus-cpp-dev libtomlplusplus-dev libutf8proc-dev zlib1g-dev"
            ;;
        sanitizers)
            REPLY_WHY="run the asan, tsan and coverage presets"
            REPLY="libclang-rt-19-dev llvm-19"
            ;;
        server)
            REPLY_WHY="run a private PostgreSQL cluster and talk to the server"
            REPLY="$postgresql jq curl ca-certificates"
            ;;
        kafka)
            REPLY_WHY="run Apache Kafka from Maven Central"
            REPLY="maven $java kcat"
            ;;
        test)
            REPLY_WHY="look at topics, check compose.yaml, run the style tests"
            REPLY="kcat python3 python3-yaml python3-jsonschema docker-compose"
            ;;
        lint)
            REPLY_WHY="check format and code"
            REPLY="clang-format-19 clang-tidy-19 shellcheck python3"
            ;;
        bench)
            REPLY_WHY="load the server, count instructions"
            REPLY="wrk $postgresql python3 valgrind"
            ;;
        chaos)
            REPLY_WHY="set clocks wrong, count what others read"
            REPLY="libfaketime kcat python3 e2fsprogs"
            ;;
        *) die "unknown package group $1" ;;
    esac
}

# need_packages GROUP...: installs what is missing, saying what and why; without the rights it says what to
# run.
need_packages() {
    local group package missing=() REPLY REPLY_WHY
    if ! command -v dpkg-query >/dev/null; then
        warn "this is no Debian system; packages are not checked (CONTRIBUTING.md lists them)"
        return 0
    fi
    local -A installed=()
    while read -r package; do installed[$package]=1; done \
        < <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')
    for group in "$@"; do
        packages_of "$group"
        local absent=()
        for package in $REPLY; do
            [[ -n ${installed[$package]:-} ]] || absent+=("$package")
        done
        ((${#absent[@]})) || continue
        step "Debian packages needed to $REPLY_WHY: ${absent[*]}"
        missing+=("${absent[@]}")
    done
    ((${#missing[@]} == 0)) || install_packages "${missing[@]}"
}

install_packages() {
    local prefix=()
    if ((EUID != 0)); then
        if command -v sudo >/dev/null && { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; then
            prefix=(sudo)
        else
            die "these packages are missing and there are no rights to install them; run as root:" \
                "  apt-get update && apt-get install --no-install-recommends $*"
        fi
    fi
    local log
    log=$(mktemp "${TMPDIR:-/tmp}/annals-apt.XXXXXX")
    note "installing ${#} packages (log: $log)"
    if ! { "${prefix[@]}" apt-get update && "${prefix[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends "$@"; } >"$log" 2>&1 </dev/null; then
        tail -n 15 "$log" >&2
        die "apt-get failed; the whole log is $log"
    fi
    rm -f "$log"
}
