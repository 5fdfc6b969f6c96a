"""Records as inputs of the bundled programs, and ways to run these over them."""

import json
from collections.abc import Sequence
from typing import Any

from regpipe.jq import library
from support.cli import run

Record = dict[str, Any]
NOW = ("--arg", "now", "2024-01-31T00:00:00Z")


def summarize(program: str, records: list[Record], *argv: str) -> list[Record]:
    """Run a program over records; return its results, which are JSON."""
    result = run(["summarize", program, *argv], lines(records))
    assert (result.code, result.err) == (0, "")
    return result.records


def text_of(program: str, records: list[Record], *argv: str) -> list[str]:
    """Run a program over records; return the lines of text that it prints."""
    result = run(["summarize", program, *argv], lines(records))
    assert (result.code, result.err) == (0, "")
    return result.out.decode().split("\n")[:-1]


def parameters_of(program: str, options: Sequence[str]) -> list[str]:
    """Return those options, three words each, that set a parameter which a program has."""
    named = library.find(program)
    has = {one.name for one in named.parameters} if named else set()
    each = [options[at : at + 3] for at in range(0, len(options), 3)]
    return [word for option in each if option[1] in has for word in option]


def lines(records: list[Record]) -> bytes:
    """Write records as a verb does."""
    return "".join(f"{json.dumps(record)}\n" for record in records).encode()


def image(tag: str, digest: str = "", host: str = "r.example", **fields: object) -> Record:
    """Make a manifest record of an image in the repository team/app."""
    return {
        "registry": f"https://{host}",
        "repository": "team/app",
        "tag": tag,
        "ref": f"{host}/team/app:{tag}",
        "digest": f"sha256:{digest or tag}",
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "created": "2020-01-01T00:00:00Z",
        "createdFrom": "config",
        "platform": {"os": "linux", "architecture": "amd64"},
        "manifest": {"layers": [{"digest": "sha256:layer", "size": 10}]},
        **fields,
    }


def failure(**fields: str) -> Record:
    """Make an error record."""
    return {**fields, "error": {"code": "UNKNOWN", "message": "it failed", "status": 500}}
