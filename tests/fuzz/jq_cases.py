"""Runs of `summarize` for comparing with jq: programs, options, and inputs of every kind."""

import json
import random
from pathlib import Path
from typing import Any, NamedTuple

from differential import programs
from differential.inputs import FILES
from regpipe.jq import library
from support.json_inputs import INPUTS, RECORD, STRINGS
from support.programs import parameters_of

TOKENS = (
    b"\n", b"\r\n", b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\n{", b"}{", b"{}", b"[]",
    b"\xef\xbb\xbf", b"\xff", b"\xed\xa0\x80", b"\xc3", b"\\ud83d", b"\\ude00", b"\\u0000", b"\x00",
    b"\x1e", b"NaN", b"nan", b"-Infinity", b"1e1000", b"-0", b"0.10", b"1E5",
    b"12345678901234567890", b"null", b"true", b'"error":{"code":"X"}', b'"info":{}', b'"tag":"v2"',
    b'"created":"2020-02-30"',
    b'"history":[{"v1Compatibility":"{}"}]', b"[" * 300, b"9" * 400, b" " * 70, b"#", b"'",
)  # fmt: skip
OUTPUT_OPTIONS: tuple[list[str], ...] = (
    [], [], [], [], [], ["-e"], ["-S"], ["-a"], ["-r"], ["-j"], ["--tab"], ["--indent", "3"],
    ["-C"],
    ["--raw-output0"], ["--unbuffered"], ["-ar"],
)  # fmt: skip
INPUT_OPTIONS: tuple[list[str], ...] = (
    ["-s"], ["-n"], ["-R"], ["-Rs"], ["-sn"], ["--seq"], ["--stream"], ["--stream-errors"], ["-es"],
    ["--stream", "-s"],
)  # fmt: skip
PROGRAMS = [
    ".", ".tag", ".tag?", "empty", "length?", "[.[]?]", "type", "tojson", "..", "error", ".[0]",
    "input", "[inputs]", "try input catch .", "first(inputs)", "., input", "halt", "halt_error",
    'if .tag == "v3" then halt_error(3) else .tag? end', 'select(.tag? == "v1")', "debug", "stderr",
    "keys?", "to_entries?", "tostream", "(.tag, .digest)?", "isnan?", 'getpath(["tag"])?', "@json",
    "input_line_number | type", "[limit(3; .[]?)]", "map(.tag)?", "sort?",
    "group_by(.tag)?", "add?", "def f: .tag?; [f, f]",
    "label $x | ., break $x", "$__loc__", 'ltrimstr("a")', "tojson | fromjson",
    *programs.RECORDS.splitlines(),
]  # fmt: skip
_UNLIKE = ("input_filename", "$ENV", "$__prog_args")
SETTINGS = ("--arg", "now", "2024-01-31T00:00:00Z", "--argjson", "keep", "2")


class Case(NamedTuple):
    """A run.

    Attributes:
        ours: the words after `summarize`.
        theirs: those of jq for the same.
        files: the content of files, None for one that is missing.
        names: the files that are read, in order; none means standard input.
        pieces: standard input, as it comes; None is a pause.
        block: the size of blocks; 0 for the real ones.
        processes: how many there are.
    """

    ours: list[str]
    theirs: list[str]
    files: dict[str, bytes | None]
    names: list[str]
    pieces: list[bytes | None]
    block: int
    processes: int


def make(data: bytes) -> Case:
    """Make a run of some bytes: the first decide how it is, the others are among its inputs."""
    chance = random.Random(data[:16])
    ours, theirs = _words(chance)
    large = chance.random() < 0.03
    stream = make_stream(chance, data[16:], large=large)
    before = [value for value in _values(chance, 5) if b"\\ud8" not in value]
    files: dict[str, bytes | None] = {"before": b"\n".join(before)}
    names: list[str] = []
    pieces: list[bytes | None] = []
    if chance.random() < 0.4:
        for number in range(chance.choice((1, 1, 1, 2, 3, 5))):
            cut = (
                len(stream)
                if not names or chance.random() < 0.3
                else chance.randrange(len(stream) + 1)
            )
            name = f"input{number}"
            files[name], stream = stream[:cut], stream[cut:] + stream[:cut]
            names.append(name)
        if chance.random() < 0.15:
            names.insert(chance.randrange(len(names) + 1), chance.choice(("missing", "folder")))
    else:
        while stream:
            cut = chance.choice((len(stream), len(stream), 100_000, 4096, 500, 64, 7))
            pieces.append(stream[:cut])
            stream = stream[cut:]
            if chance.random() < 0.2:
                pieces.append(None)
    block = 0 if large else chance.choice((0, 40, 200, 1000, 5000))
    return Case(ours, theirs, files, names, pieces, block, chance.choice((1, 2, 3)))


def make_stream(chance: random.Random, text: bytes, *, large: bool) -> bytes:
    """Return inputs: values in many notations, other texts, and mistakes in them."""
    parts = _values(chance, chance.choice((0, 1, 3, 10, 30)))
    if chance.random() < 0.12:
        parts.append(chance.choice([*INPUTS.values(), *FILES.values()])[:20_000])
    if chance.random() < 0.5:
        parts.insert(chance.randrange(len(parts) + 1), text)
    if large:
        parts *= 1 + chance.choice((300_000, 1_200_000)) // (1 + sum(map(len, parts)))
    between = chance.choice((b"\n", b"\n", b"\n", b"\r\n", b"", b" ", b"\n\n\t"))
    stream = between.join(parts) + chance.choice((b"\n", b"", between))
    if chance.random() < 0.1:
        stream = b"\xef\xbb\xbf" + stream
    if chance.random() < 0.25:
        changed = bytearray(stream)
        for _ in range(chance.choice((1, 1, 2, 5))):
            at = chance.randrange(len(changed) + 1)
            changed[at : at + chance.choice((0, 0, 1, 3))] = chance.choice(TOKENS)
        stream = bytes(changed)
    return stream


def _words(chance: random.Random) -> tuple[list[str], list[str]]:
    options = chance.choice(OUTPUT_OPTIONS)
    if chance.random() < 0.2:
        options = [*options, *chance.choice(INPUT_OPTIONS)]
    kind = chance.random()
    if kind < 0.3:
        program = chance.choice([each for each in PROGRAMS if not any(x in each for x in _UNLIKE)])
        return [*options, program], ["-c", *options, program]
    if kind < 0.4:
        options, program = [*options, "-s"], chance.choice(programs.SLURPED.splitlines())
        return [*options, program], ["-c", *options, program]
    named = chance.choice([each for each in library.all_programs() if each.bundled])
    if named.slurp:  # with -n that is a usage error
        options = [option for option in options if option not in ("-n", "-sn")]
    settings = parameters_of(named.name, [*SETTINGS, "--slurpfile", "before", "before"])
    theirs = ["-c", *["-s"] * named.slurp, *["-r"] * named.raw, *options, *settings]
    return [*options, *settings, named.name], [*theirs, "-f", named.path]


def _values(chance: random.Random, count: int) -> list[bytes]:
    indent = chance.choice((None, None, None, 2, 0))
    ascii_ = chance.random() < 0.5
    separators = chance.choice(((",", ":"), None))
    return [
        json.dumps(value, indent=indent, ensure_ascii=ascii_, separators=separators).encode(
            errors="surrogatepass"
        )
        for value in (_value(chance) for _ in range(count))
    ]


_SERVED = [
    json.loads(path.read_text())
    for path in sorted((Path(__file__).parents[1] / "data" / "corpus").glob("*/*.json"))
]
_DATES = (
    "2020-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2018-07-18T16:53:33.32Z",
    "2020-02-30T00:00:00Z", "2020-01-01T00:00:00+02:00", "2016-12-31T23:59:60Z", "", "x", None, 5,
    "0001-01-01T00:00:00Z",
)  # fmt: skip


def _value(chance: random.Random) -> Any:
    kind = chance.random()
    if kind < 0.1:
        return chance.choice(_SERVED)
    if kind < 0.15:
        return chance.choice([1, 1.5, -0.0, None, True, "x", [], {}, [{}], 1e300, 10**30, "{}"])
    repository, tag = (
        f"team/app{chance.randrange(3)}",
        chance.choice([*STRINGS, "v1", "v2", "1.2.3"]),
    )
    name = {
        "ref": f"r.example/{repository}:{tag}",
        "registry": "https://r.example",
        "repository": repository,
        "tag": tag,
        "digest": f"sha256:{chance.randrange(5):064x}",
    }
    if kind < 0.25:
        return name | {"error": {"code": "DENIED", "message": "no", "status": 403}}
    if kind < 0.3:
        return name
    created = chance.choice(_DATES)
    if kind < 0.5:
        info = {"created": created, "sha": f"sha256:{chance.randrange(9):064x}"}
        return name | {"platform": "linux/amd64", "info": info}
    record: dict[str, Any] = json.loads(json.dumps(RECORD)) | name
    record["created"] = created
    config = chance.choice([value for value in _SERVED if "rootfs" in value])
    manifest = chance.choice([value for value in _SERVED if "layers" in value])
    if chance.random() < 0.7:
        record |= {"config": config, "manifest": manifest}
    for key in chance.sample(list(record), chance.choice((0, 0, 1, 2))):
        record[key] = chance.choice([None, 1, 0.5, "", "\ud800", [], {}, {"a": -0.0}, True, "\x7f"])
    if chance.random() < 0.2:
        record = dict(chance.sample(list(record.items()), len(record)))
    return record
