"""What does the job here of the verbs and options that other tools have."""

import difflib
from collections.abc import Iterable

VERBS = {
    "config": "regpipe manifests REFERENCE | jq .config",
    "copy": "skopeo copy or crane copy: regpipe only reads",
    "cp": "skopeo copy or crane copy: regpipe only reads",
    "delete": "regpipe summarize retention for what could be deleted: regpipe itself only reads",
    "digest": "regpipe manifests REFERENCE | jq -r .digest",
    "exists": "regpipe manifests REFERENCE, whose exit code is 4 if it does not exist",
    "export": "skopeo copy or crane export: regpipe does not read layers",
    "get": "regpipe manifests --raw REFERENCE",
    "images": "regpipe tags REPOSITORY | regpipe manifests | regpipe summarize table",
    "index": "regpipe manifests --all-platforms REFERENCE",
    "inspect": "regpipe manifests REFERENCE",
    "list": "regpipe tags REPOSITORY, or regpipe catalog REGISTRY",
    "login": "docker login or podman login: regpipe uses what they leave",
    "ls": "regpipe tags REPOSITORY, or regpipe catalog REGISTRY",
    "manifest": "regpipe manifests REFERENCE",
    "pull": "regpipe manifests REFERENCE: regpipe does not read layers",
    "push": "skopeo copy or crane push: regpipe only reads",
    "repo": "regpipe catalog REGISTRY",
    "repos": "regpipe catalog REGISTRY",
    "rm": "regpipe summarize retention for what could be deleted: regpipe itself only reads",
    "search": "regpipe catalog REGISTRY",
    "tag": "regpipe tags REPOSITORY",
    "tree": "regpipe referrers REFERENCE",
    "validate": "regpipe check REGISTRY",
    "version": "regpipe --version",
}
"""Verbs of crane, docker, oras, regctl and skopeo: what to use."""

OPTIONS = {
    "--columns": "pipe the records through jq, or regpipe summarize table",
    "--creds": "--user NAME --password-stdin",
    "--filter": "pipe the records through jq: jq -c 'select(.tag | test(\"^v2\"))'",
    "--format": "pipe the records through jq: jq -r .digest",
    "--full-ref": "records have `ref`: jq -r .ref",
    "--json": "output is JSON already",
    "--limit": "pipe the records through head -n",
    "--no-headers": "records have no headers",
    "--output": "output is JSON; regpipe summarize table, csv or tsv give others",
    "--query": "pipe the records through jq",
    "--sort": "pipe the records through regpipe summarize by-created, newest or versions",
    "--src-tls-verify": "-k, --insecure",
    "--template": "pipe the records through jq",
    "--tls-verify": "-k, --insecure",
    "--token": "log in with docker login, or set $REGPIPE_USERNAME and $REGPIPE_PASSWORD",
    "-o": "output is JSON; regpipe summarize table, csv or tsv give others",
}
"""Options of other tools: what to use."""


def closest(word: str, known: Iterable[str]) -> str:
    """Return the known word that a word is probably meant to be, or an empty string."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.7)), "")
