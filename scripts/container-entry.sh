#!/bin/sh
# Entry point of the container image: makes the master key of a new home, then becomes annals.
set -eu

key=/var/lib/annals/keys/master.key
if [ "${1:-}" = serve ] && [ ! -s "$key" ]; then
    echo "making the master key $key (keep a copy: sealed personal data cannot be read without it)"
    umask 077
    head -c 32 /dev/urandom >"$key.new"
    mv "$key.new" "$key"
fi
exec /usr/local/bin/annals "$@"
