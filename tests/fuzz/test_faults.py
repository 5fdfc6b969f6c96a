"""Some system calls that fail, for some verbs; `python -m fuzz --faults` lets all of them fail."""

from collections.abc import Iterator

import pytest

from fuzz import faults, verbs
from fuzz.verbs import Verb


@pytest.fixture(scope="module")
def all_verbs() -> Iterator[dict[str, Verb]]:
    if reason := faults.is_possible():
        pytest.skip(reason)
    with verbs.all_verbs() as found:
        yield {verb.name: verb for verb in found}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "calls", "counts"),
    [
        ("manifests-local", "openat", range(1, 200, 67)),
        ("manifests-local", "read", range(3, 200, 97)),
        ("manifests-local", "write", range(1, 2)),
        ("manifests-local", "clone,clone3,fork,vfork", range(1, 2)),
        ("refs", "getdents64", range(14, 26)),
        ("manifests", "connect", range(1, 2)),
        ("manifests", "recvfrom,recvmsg", range(1, 2)),
        ("manifests", "pwrite64", range(1, 4)),
    ],
)
def test_a_system_call_that_fails_loses_nothing(
    all_verbs: dict[str, Verb], name: str, calls: str, counts: range
) -> None:
    found = dict(faults.verdicts(all_verbs[name], calls, iter(counts)))
    assert found
    assert not [reason for reason in found.values() if reason]
