"""Every target holds for its seeds and some mutations of them, and for all that was ever found."""

import random
from pathlib import Path

import pytest

from fuzz import engine, targets
from fuzz.mutate import LIMIT, Mutator
from fuzz.targets import Target

FOUND = Path(__file__).parent / "found"
MUTATIONS = 60


@pytest.fixture(autouse=True)
def as_users_see_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REGPIPE_DEBUG")


@pytest.mark.parametrize("name", targets.names())
def test_a_target_holds_for_its_seeds_and_their_mutations(name: str) -> None:
    target = targets.load(name)
    seeds = list(target.seeds())
    assert seeds
    for seed in seeds:
        target.check(seed)
    generator = random.Random(name)
    mutator = Mutator(target.tokens, generator)
    for _ in range(MUTATIONS):
        target.check(mutator.mutate(generator.choice(seeds), generator.choice(seeds)))


@pytest.mark.parametrize("file", sorted(FOUND.glob("*/*")), ids=lambda file: file.name)
def test_what_failed_once_holds_now(file: Path) -> None:
    targets.load(file.parent.name).check(file.read_bytes())


def test_mutations_are_within_the_limit_and_repeatable() -> None:
    def some() -> list[bytes]:
        mutator = Mutator((b"token",), random.Random(1))
        return [mutator.mutate(b"x" * LIMIT, b"other") for _ in range(200)]

    assert some() == some()
    assert max(map(len, some())) <= LIMIT


def test_what_fails_is_made_smaller() -> None:
    def check(data: bytes) -> None:
        assert b"bad" not in data

    target = Target("x", (), list, check)
    assert engine.fails(target, b"a bad day")
    assert engine.minimize(target, b"x" * 1000 + b"bad" + b"y" * 5000) == b"bad"
