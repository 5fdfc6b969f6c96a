"""Results that are used for many records: the same as without that, whatever a header says."""

from collections.abc import Callable

import pytest

from regpipe.jq import templates
from support.both import Both, count_runs
from support.json_inputs import INPUTS, NUMBERED, RECORD, lines


@pytest.mark.parametrize(
    "text",
    [
        "# copies: .tag\n.tag",
        "# copies: .tag\n{tag, again: .tag, list: [.tag, .tag]}, .tag",
        "# copies: .tag .digest\nempty",
        "# copies: .tag\n# reads: .digest\nif .digest == null then .tag else .digest end",
        '# copies: .tag\n.tag, error("x")',
        "# copies: .tag\n.tag | debug",
        "# copies: .tag\n.tag | halt_error",
        # What is not copying, and is seen not to be.
        "# copies: .tag\n.tag | length",
        "# copies: .tag\n.tag + .tag",
        '# copies: .tag\n"tag \\(.tag)"',
        "# copies: .tag\n.tag | tojson",
        "# copies: .tag\n{(.tag): 1}",
        "# copies: .tag\n.tag[1:]",
        "# copies: .tag\n.tag | ascii_upcase",
        "# copies: .tag\n.tag | error",
        "# copies: .tag\n.tag | if length > 20 then debug else . end",
    ],
)  # fmt: skip
@pytest.mark.parametrize("option", ["-c", "-r", "-a", "-S", "--unbuffered"])
def test_no_difference_where_strings_are_copied(
    both: Both, bundled: Callable[[str], str], text: str, option: str
) -> None:
    for stdin in (INPUTS["strings of every kind"], INPUTS["other things than strings"]):
        divided, whole = both(bundled(text), option, stdin=stdin, block=2000, processes=1)
        assert divided == whole


def test_a_program_is_run_once_over_records_that_are_alike(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = count_runs(monkeypatch)
    divided, whole = both("summary", stdin=INPUTS["lines"], processes=1, block=2000)
    assert divided == whole
    assert len(whole.records) == len(NUMBERED)
    assert runs() == 2 + len(NUMBERED)  # twice to learn it, and all of them without blocks


def test_records_that_are_not_alike_are_not_kept_for_ever(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(templates, "_MAX_TEMPLATES", 3)
    records = lines(
        *({**RECORD, "platform": {"os": f"os-{n % 7}"}, "tag": f"{n}"} for n in range(50))
    )
    divided, whole = both("summary", stdin=records, processes=1, block=2000)
    assert divided == whole
