# Configure and build one preset. Sourced by ./dev.
# shellcheck shell=bash

# The one tree that up, test, smoke and bench share, so that a machine compiles everything once.
readonly preset=${ANNALS_PRESET:-release}
readonly build_dir="$root/build/$preset"
readonly annals_bin="$build_dir/bin/annals"

# A clone elsewhere compiles the same bytes: with paths relative to the checkout ccache knows them.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=true

# build [TARGET...]: configures when needed, then builds; two commands in one checkout take turns.
build() {
    local started
    started=$(now_ms)
    mkdir -p "$build_dir"
    if [[ ! -f $build_dir/build.ninja ]]; then
        step "configuring the $preset preset in ${build_dir#"$root"/}"
        flock "$build_dir/.dev.lock" cmake --preset "$preset" -S "$root" >"$build_dir/configure.log" 2>&1 || {
            tail -n 30 "$build_dir/configure.log" >&2
            rm -f "$build_dir/build.ninja"
            die "cmake could not configure; the whole log is $build_dir/configure.log"
        }
    fi
    step "building ($preset)"
    flock "$build_dir/.dev.lock" cmake --build "$build_dir" ${1:+--target "$@"} ||
        die "the build failed (${build_dir#"$root"/})"
    note "built in $(seconds_since "$started")"
}
