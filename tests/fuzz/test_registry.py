"""A hostile registry as a state machine: what it does next is chosen, and then verbs are run on it.

What failed is shown as bytes: `python -m fuzz --replay registry/FILE` runs them again.
"""

from hypothesis import note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from fuzz.targets import registry

ACTS = {act.__name__: number for number, act in enumerate(registry.ACTS)}
BYTE = st.integers(0, 255)


class HostileRegistry(RuleBasedStateMachine):
    """The course of events so far."""

    def __init__(self) -> None:
        super().__init__()
        self.events = b""

    def _add(self, act: str, *how: int) -> None:
        self.events += bytes([ACTS[act], *how])

    @rule(count=st.integers(1, 25), last=BYTE)
    def it_sends_empty_pages(self, count: int, last: int) -> None:
        for _ in range(count):
            self._add("_empty_page", last)

    @rule(names=st.lists(BYTE, max_size=4), odd=BYTE)
    def it_sends_a_page(self, names: list[int], odd: int) -> None:
        self._add("_page", len(names), *names, odd)

    @rule(entries=st.lists(st.tuples(BYTE, BYTE), max_size=5))
    def it_sends_an_index(self, entries: list[tuple[int, int]]) -> None:
        self._add("_index", len(entries), *(byte for entry in entries for byte in entry))

    @rule(act=st.sampled_from(["_cut", "_delayed", "_sized", "_packed"]), how=BYTE)
    def it_sends_a_body_badly(self, act: str, how: int) -> None:
        self._add(act, how)

    @rule(size=BYTE, end=BYTE)
    def it_sends_chunks(self, size: int, end: int) -> None:
        self._add("_chunked", size, end)

    @rule(at=BYTE, byte=BYTE)
    def it_changes_a_byte(self, at: int, byte: int) -> None:
        self._add("_rewritten", at, byte)

    @rule(act=st.sampled_from(["_refused", "_challenged", "_redirected"]), how=BYTE)
    def it_sends_another_status(self, act: str, how: int) -> None:
        self._add(act, how)

    @rule(act=st.sampled_from(["_raw", "_trailing"]), what=st.binary(max_size=255))
    def it_sends_any_bytes(self, act: str, what: bytes) -> None:
        self._add(act, len(what), *what)

    @rule(count=st.integers(1, 5))
    def it_behaves(self, count: int) -> None:
        for _ in range(count):
            self._add("_ordinary")

    def teardown(self) -> None:
        note(repr(self.events))
        registry.check(self.events)


TestHostileRegistry = HostileRegistry.TestCase
TestHostileRegistry.settings = settings(
    max_examples=25, stateful_step_count=15, deadline=None, derandomize=True, database=None
)
