"""The verbs, each with inputs that work, to be run with faults."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from support import images
from support.scripted import Scripted

_SAMPLE = Path(__file__).parents[1] / "data" / "sample"
_RECORDS = Path(__file__).parents[1] / "data" / "records" / "team.ndjson"


def _as_it_is(out: bytes) -> object:
    return out


def _nothing(_: Path) -> None:
    """Prepare nothing."""


class Verb(NamedTuple):
    """A run of a verb.

    Attributes:
        name: what it is called here.
        argv: the command line.
        stdin: its input.
        inputs: the number of inputs, each of which gives a record or a failure; 0 if more may come
            of one.
        code: its exit code when nothing fails.
        output: what of its output is always the same.
        prepare: makes files in its home directory.
    """

    name: str
    argv: Sequence[str]
    stdin: bytes = b""
    inputs: int = 0
    code: int = 0
    output: Callable[[bytes], object] = _as_it_is
    prepare: Callable[[Path], None] = _nothing


@contextmanager
def all_verbs() -> Iterator[list[Verb]]:
    """Start a registry, and return all verbs with inputs from it and from files."""
    with Scripted() as registry:
        for number in range(3):
            registry.add("team/app", f"v{number}", images.classic(f"image-{number}"))
        registry.add("team/tool", "v1", images.oci())
        host = registry.host
        tags = "".join(f"{host}/team/app:v{number}\n" for number in range(3)).encode()
        image = images.classic("image-0")
        assert image.config
        blob = f"{host}/team/app@{image.config.digest}\n".encode()
        layout = f"oci:{_SAMPLE}"
        large = b"".join(
            json.dumps({"ref": f"r/a:v{number}", "pad": "x" * 400}).encode() + b"\n"
            for number in range(3000)
        )
        yield [
            Verb("catalog", ["catalog", f"http://{host}"]),
            Verb("tags", ["tags"], f"{host}/team/app\n{host}/team/tool\n".encode()),
            Verb("manifests", ["manifests", "--no-v1"], tags, inputs=3),
            Verb("manifests-local", ["manifests", f"{layout}:v1.0", f"{layout}:v1.1"], inputs=2),
            Verb("referrers", ["referrers"], tags),
            Verb("blob", ["blob"], blob),
            Verb("check", ["check", f"http://{host}"], output=bool),
            Verb("summarize", ["summarize"], _RECORDS.read_bytes()),
            Verb("summarize-large", ["summarize", ".ref"], large),
            Verb("summarize-native", ["summarize", "-n", "inputs.ref"], large),
            Verb("cache", ["cache"], output=bool),
            Verb("help", ["--help"]),
        ]
