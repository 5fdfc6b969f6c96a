"""The table of attacks: what servers and inputs that mean harm try, a named test or more each.

A row's tests are called `test_NN_…` and lie in the modules beside this one. Each was seen to fail
with its defence taken out.
"""

import re
from pathlib import Path

import pytest

ROWS = {
    1: "a realm that leads into the machine, its network, or out of encryption",
    2: "a token server that redirects elsewhere",
    3: "layers with URLs of their own",
    4: "a redirect to another port, name or scheme of the same host",
    5: "another origin's challenge, and the way back from there",
    6: "a redirect to local addresses; chains and loops",
    7: "a next page on another host",
    8: "digests that are paths or queries",
    9: "other content for a pinned digest",
    10: "a document that is an image and an index",
    11: "members behind what schema 1 signs",
    12: "netrc's passwords",
    13: "a connection whose certificate nobody checked",
    14: "a proxy's password sent on",
    15: "bombs and chains of compression",
    16: "endless bodies, and slow ones",
    17: "sizes out of all proportion",
    18: "pages without measure",
    19: "names that look like a registry's",
    20: "names that lead to this machine",
    21: "a credential helper that is missing",
    22: "credential helpers that mean harm",
    23: "text that a terminal obeys",
    24: "JSON that is none, or two things",
    25: "programs that look at the environment",
    26: "secrets in messages and traces",
    27: "line breaks in headers and request lines",
    28: "a password among the arguments",
}

_NAMES = re.compile(r"^def test_(\d\d)_", re.MULTILINE)


@pytest.fixture(scope="module")
def tested() -> set[int]:
    modules = Path(__file__).parent.glob("test_attacks_*.py")
    return {int(row) for module in modules for row in _NAMES.findall(module.read_text())}


@pytest.mark.parametrize("row", ROWS, ids=ROWS.get)
def test_the_row_has_a_test(row: int, tested: set[int]) -> None:
    assert row in tested
