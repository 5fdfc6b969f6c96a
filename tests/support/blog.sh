#!/bin/bash
# Reports the images of a registry as people did in 2018, with curl, jq and temporary files.
#
# usage: blog.sh URL [REPOSITORY…]     by default every repository of the catalog
#
# This is what regpipe is compared with. It requests manifests without naming any type, so a
# registry of its day served schema 1, and it has nothing to say of what is not that: jq
# complains on stderr and goes on.
registry=$1
shift
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

if [ $# -eq 0 ]; then
    curl -s "$registry/v2/_catalog?n=1000" >"$tmp/catalog"
    jq -r '.repositories[]' "$tmp/catalog" >"$tmp/repositories"
else
    printf '%s\n' "$@" >"$tmp/repositories"
fi

: >"$tmp/manifests"
while read -r repository; do
    curl -s "$registry/v2/$repository/tags/list" >"$tmp/tags"
    for tag in $(jq -r '.tags[]' "$tmp/tags"); do
        curl -s "$registry/v2/$repository/manifests/$tag" >>"$tmp/manifests"
    done
done <"$tmp/repositories"

jq '{tag:.tag, info:.history[0].v1Compatibility|fromjson|{created:.created, sha:.config.Image}}' \
    "$tmp/manifests" >"$tmp/report"
jq -s 'sort_by(.info.created)' "$tmp/report"
