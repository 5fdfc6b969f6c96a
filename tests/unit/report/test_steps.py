"""Build steps are those that `summarize history` prints."""

import json
from pathlib import Path
from typing import Any

import pytest

from regpipe.report.steps import steps
from support.cli import run

DATA = Path(__file__).parents[2] / "data"


def record(*instructions: str | None, layers: int = 0, **more: Any) -> dict[str, Any]:
    history = [{"created_by": text, "empty_layer": True} for text in instructions]
    manifest = {
        "schemaVersion": 2,
        "layers": [{"digest": f"d{n}", "size": n} for n in range(layers)],
    }
    return {"ref": "a", "manifest": manifest, "config": {"history": history}, **more}


RECORDS = [
    *(json.loads(line) for name in ("sample", "team")
      for line in (DATA / f"records/{name}.ndjson").read_text().splitlines()),
    record(
        '/bin/sh -c #(nop)   CMD ["sh"]', "/bin/sh -c make # buildkit",
        "RUN /bin/sh -c make # buildkit",
        "|2 a=1 b=/bin/sh /bin/sh -c make", "RUN |1 a=1 /bin/sh -c make", "|1 a=1\nb /bin/sh -c x",
        "/bin/sh -c echo #(nop) x", "/bin/sh -c  #(nop) x", "COPY a b # buildkit\n", "", None,
        "/bin/sh -c /bin/sh -c x", "/bin/sh -c #(nop) /bin/sh -c x",
    ),
    record("a", layers=3),
    record(config={"history": [{"created_by": "a"}, 7]}, layers=2),
    record(config={"history": [{"created_by": 5}, {}, {"empty_layer": 0}]}, layers=2),
    record(config=None, layers=1),
    record(manifest={"schemaVersion": 2, "layers": 5}),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(RECORDS)))
def test_steps_are_those_of_the_program(number: int) -> None:
    given = RECORDS[number]
    if "manifest" not in given:
        return
    printed = run(["summarize", "history"], json.dumps(given)).records
    assert [
        {"instruction": text, "digest": digest, "size": size, "created": created}
        for text, digest, size, created in steps(given)
    ] == [
        {key: line[key] for key in ("instruction", "digest", "size", "created")} for line in printed
    ]
