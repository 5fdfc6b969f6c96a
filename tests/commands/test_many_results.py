"""Results that libjq dumps many at once: the same as one by one."""

import pytest

from regpipe.jq.output import Output
from support.cli import run
from support.json_inputs import INPUTS

OPTIONS = [
    "-c",
    "-r",
    "-j",
    "-a",
    "-ar",
    "-S",
    "-C",
    "--tab",
    "--seq",
    "--raw-output0",
    "--unbuffered",
]


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize(
    "program",
    [".tag", ".", '.tag, 1.50, "x", [.tag], error("x")', "range(40) as $n | $n, {n: $n}",
     '[.tag, "é😀"] | .[], ., ("late" | debug | empty), halt_error', ".tag | stderr"],
)  # fmt: skip
def test_no_difference(option: str, program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("strings of every kind", "failing inputs", "bad JSON in line 8"):
        dumped = run(["summarize", option, program], INPUTS[name])
        with monkeypatch.context() as patch:
            patch.setattr(Output, "begin_dump", lambda *_: False)
            assert run(["summarize", option, program], INPUTS[name]) == dumped
