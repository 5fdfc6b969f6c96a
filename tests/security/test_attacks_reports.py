"""Malicious text in what programs write for people to look at.

The numbers are rows of the table in test_attacks.py.
"""

import json

import pytest

from support.cli import run, shell

# Control characters, marks of direction, what has no width, separators of lines and paragraphs.
OBEYED = "\x1b]0;owned\x07\u009b31m\x7f\u00ad\u061c\u200b\u202e\u2066\u2028\u2029\ufeff\U000e0041"
# What people may write, in any script.
SHOWN = "Zażółć 日本語 ✓"
FOR_PEOPLE = ("table", "tsv", "csv", "timeline", "tree", "dot", "mermaid")

# 60: characters in reports that a terminal obeys


def record(text: str, tag: str) -> str:
    """Return a manifest record with a text in every place that reports show."""
    named = {"ref": f"r.example/a{text}:{tag}", "repository": f"a{text}", "tag": tag + text}
    platform = {"os": f"linux{text}", "architecture": text}
    config = {"created": f"2024{text}", "rootfs": {"diff_ids": [f"sha256:{tag}"]}}
    return json.dumps(named | {"platform": platform, "manifest": {"layers": []}, "config": config})


@pytest.mark.parametrize("program", FOR_PEOPLE)
def test_60_a_report_for_people_has_nothing_that_a_terminal_obeys(program: str) -> None:
    failed = {"ref": f"r/{OBEYED}:v2", "error": {"code": OBEYED, "message": f"no {OBEYED}"}}
    stdin = record(OBEYED, "v1") + json.dumps(failed)
    text = run(["summarize", program], stdin).out.decode()
    assert not [found for found in text if not found.isprintable() and found not in "\n\t"]


@pytest.mark.parametrize("program", ["table", "tsv", "csv", "timeline"])
def test_60_other_characters_are_shown(program: str) -> None:
    assert SHOWN in run(["summarize", program], record(SHOWN, "v1")).out.decode()


def test_60_a_message_of_a_program_has_nothing_that_a_terminal_obeys() -> None:
    tags = "".join(json.dumps({"repository": OBEYED, "tag": tag}) for tag in ("v1", "latest"))
    result = run(["summarize", "versions"], tags)
    assert "left out 1 of 2 tags" in result.err
    assert result.err.strip().isprintable()


# 61: what takes quadratic time, and cells that widen every row


@pytest.mark.parametrize("program", ["table", "tsv"])
def test_61_a_long_cell_of_control_characters_takes_no_quadratic_time(program: str) -> None:
    # Seconds of processor time: it takes one or two, and with gsub minutes.
    result = shell(f"ulimit -t 60; regpipe summarize {program}", stdin=record("", "\x1b" * 200_000))
    assert (result.code, result.err) == (0, "")


def test_61_long_chains_of_layers_take_no_quadratic_time() -> None:
    layers = [f"sha256:{number:064x}" for number in range(2000)]
    images = [
        json.loads(record("", f"v{number}"))
        | {"config": {"rootfs": {"diff_ids": [*layers, f"sha256:{number:063x}f"]}}}
        for number in range(40)
    ]
    # It takes a second; with a name for each beginning of a chain it takes minutes.
    result = shell(
        "ulimit -t 60; regpipe summarize lineage", stdin="".join(map(json.dumps, images))
    )
    assert (result.code, len(result.records)) == (0, 40)


def test_61_a_wide_cell_does_not_widen_the_table() -> None:
    stdin = record("x" * 100_000, "v1") + "".join(record("", f"t{n}") for n in range(100))
    assert len(run(["summarize", "table"], stdin).out) < 400_000
