"""The table of attacks by malicious servers and inputs; each has one test or more.

A row's tests are called `test_NN_…` and are in the modules beside this one. Each was seen to
fail with its defence removed.
"""

import re
from pathlib import Path

import pytest

ROWS = {
    1: "a realm whose name is nearer than the registry, or without TLS",
    2: "a token server that redirects elsewhere",
    3: "layers with URLs of their own",
    4: "a redirect to another port, name or scheme of the same host",
    5: "another origin's challenge, and a redirect back from there",
    6: "a redirect to local addresses; chains and loops",
    7: "a next page on another host",
    8: "digests with paths or queries in them",
    9: "other content for a pinned digest",
    10: "a document that is an image and an index",
    11: "members after the signed payload of schema 1",
    12: "netrc's passwords",
    13: "a connection with an unverified certificate",
    14: "a proxy's password sent to the registry",
    15: "compression bombs and chains of encodings",
    16: "endless bodies, and slow ones",
    17: "absurd sizes",
    18: "unbounded pages",
    19: "names that look like another registry's",
    20: "names that resolve to this machine",
    21: "a credential helper that is missing",
    22: "malicious credential helpers",
    23: "control characters for the terminal",
    24: "invalid and ambiguous JSON",
    25: "programs that read the environment",
    26: "secrets in messages and traces",
    27: "line breaks in headers and request lines",
    28: "a password among the arguments",
    29: "output that is cut short",
    30: "input that cannot be read, or not now",
    31: "an exception that one input causes",
    32: "threads that cannot be had",
    33: "wrong bytes in the cache",
    34: "the working directory as home",
    35: "a credential helper that outlives the run",
    36: "many processes on one cache, and a cache without bounds",
    37: "Ctrl-C during the start; local names that no system takes",
    40: "a realm that resolves to an address nearer than the registry's",
    41: "passwords without encryption, and by way of a proxy",
    42: "a password without a registry, and data that names one",
    43: "lists, bodies, heads and tunnels without an end",
    44: "large images at once",
    46: "an outage whose end is not noticed",
    47: "URLs that cannot be parsed",
    50: "files outside a layout, and digests that cannot be computed",
    51: "pipes, devices and sockets that data leads to",
    52: "a password in a reference without a scheme",
    53: "content that cannot be verified",
    54: "indexes of large images; an image under many platforms",
    55: "history and characters that the schema 1 view multiplies",
    56: "documents of very many values",
    57: "signatures by the thousand",
    58: "archives whose headers, layers or images expand",
    59: "very many or large referrers",
    60: "characters in reports that a terminal obeys",
    61: "cells and chains of layers that take quadratic time; cells that widen every row",
}

_NAMES = re.compile(r"^def test_(\d\d)_", re.MULTILINE)


@pytest.fixture(scope="module")
def tested() -> set[int]:
    modules = Path(__file__).parent.glob("test_attacks_*.py")
    return {int(row) for module in modules for row in _NAMES.findall(module.read_text())}


@pytest.mark.parametrize("row", ROWS, ids=ROWS.get)
def test_each_row_has_a_test(row: int, tested: set[int]) -> None:
    assert row in tested
