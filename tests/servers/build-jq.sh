#!/bin/bash
# Build the jq that the differential tests compare with, and put it where they look for programs.
#
# jq 1.8.2 comes inside the source distribution of the PyPI package jq, the very release that
# regpipe runs on; distributions still ship older ones. It is built with -O2, as they build it.
# $PYTHON (default: python3) needs pip; a C compiler and make are needed. Prints the binary's path.

set -eu
python=${PYTHON:-python3}
bin=${REGPIPE_TEST_BIN:-${XDG_CACHE_HOME:-$HOME/.cache}/regpipe-test/bin}
jq=$bin/jq-1.8.2
if ! [ -x "$jq" ]; then
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    cd "$scratch"
    {
        "$python" -m pip download --no-deps --no-binary jq 'jq==1.13.0' &&
            tar -xf jq-1.13.0.tar.gz &&
            tar -xf jq-1.13.0/deps/jq-1.8.2.tar.gz &&
            (cd jq-1.8.2 && CFLAGS=-O2 ./configure --disable-maintainer-mode --disable-docs \
                --disable-shared --enable-static --with-oniguruma=builtin) &&
            make -C jq-1.8.2 -j2
    } >log 2>&1 || {
        tail -n 5 log >&2
        exit 1
    }
    mkdir -p "$bin"
    mv jq-1.8.2/jq "$jq"
fi
printf '%s\n' "$jq"
