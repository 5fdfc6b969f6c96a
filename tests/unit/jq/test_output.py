"""Results that libjq dumps many at once take few calls."""

import io
from collections.abc import Callable
from typing import Any

import pytest

from regpipe.jq import libjq as lj
from regpipe.jq.libjq import Libjq
from regpipe.jq.output import Output, Style
from regpipe.jq.program import Program


class Counting:
    """libjq's functions, counting their calls."""

    def __init__(self, call: Any) -> None:
        self._call = call
        self.count = 0

    def __getattr__(self, name: str) -> Callable[..., object]:
        function = getattr(self._call, name)

        def counted(*arguments: object) -> object:
            self.count += 1
            return function(*arguments)

        return counted


@pytest.mark.parametrize(
    ("program", "inputs", "results", "most"),
    [(".tag", 1000, 1, 6), ("range(1000)", 1, 1000, 2.1), ("empty", 1000, 0, 3)],
)
def test_a_result_takes_few_calls(program: str, inputs: int, results: int, most: float) -> None:
    libjq = Libjq()
    written = io.BytesIO()
    output = Output(written, Style(), io.StringIO())
    values = [libjq.parse(b'{"tag":"v1"}') for _ in range(inputs)]
    libjq.call = counting = Counting(libjq.call)
    compiled = Program(
        libjq, program.encode(), output, arguments=libjq.call.jv_object(), attributes={}
    )
    counting.count = 0
    for value in values:
        assert value
        compiled.run(value)
    output.flush()
    assert written.getvalue().count(b"\n") == inputs * results
    assert counting.count <= most * inputs * max(results, 1)


def test_the_kind_of_a_value_is_where_it_is_looked_for() -> None:
    libjq = Libjq()
    for text in (b"null", b"false", b"true", b"1", b"1.5", b"1e1000", b'"x"', b'""', b"[]", b"{}"):
        value = libjq.parse(text)
        assert value
        assert value.first & lj.KIND_MASK == libjq.call.jv_get_kind(value)
    for value, says in (
        (libjq.call.jv_parse_sized(b"{]", 2), True),
        (libjq.call.jv_parser_next(libjq.call.jv_parser_new(0)), False),
    ):
        assert value.first & lj.KIND_MASK == lj.INVALID
        assert bool(value.first) == says == bool(libjq.call.jv_invalid_has_msg(value))
