"""Mutations of bytes: what a plain fuzzer does where atheris is not installed."""

import random
from collections.abc import Callable, Sequence

LIMIT = 1 << 16
"""Bytes of an input at most."""
_NUMBERS = (b"0", b"-1", b"1", b"255", b"65536", b"2147483648", b"9223372036854775808", b"1e999")


class Mutator:
    """Makes new inputs out of others.

    Args:
        tokens: bytes to insert now and then.
        generator: the source of randomness; the same one gives the same inputs.
    """

    def __init__(self, tokens: Sequence[bytes], generator: random.Random) -> None:
        self._random = generator
        self._tokens = [*tokens, *_NUMBERS]
        self._ways: list[Callable[[bytearray, bytes], None]] = [
            self._flip,
            self._set,
            self._insert,
            self._delete,
            self._repeat,
            self._token,
            self._splice,
            self._cut,
        ]

    def mutate(self, data: bytes, other: bytes) -> bytes:
        """Return an input made of `data` and, now and then, a piece of `other`."""
        changed = bytearray(data)
        for _ in range(self._random.choice((1, 1, 2, 4, 8))):
            self._random.choice(self._ways)(changed, other)
        return bytes(changed[:LIMIT])

    def _place(self, data: bytearray) -> int:
        return self._random.randrange(len(data) + 1)

    def _span(self, data: bytes | bytearray) -> slice:
        begin = self._random.randrange(len(data) + 1)
        length = self._random.choice((1, 2, 4, 16, 64, 1024))
        return slice(begin, min(begin + self._random.randrange(length + 1), len(data)))

    def _flip(self, data: bytearray, _: bytes) -> None:
        if data:
            data[self._random.randrange(len(data))] ^= 1 << self._random.randrange(8)

    def _set(self, data: bytearray, _: bytes) -> None:
        if data:
            value = self._random.choice((0, 9, 10, 13, 32, 34, 127, 128, 255))
            data[self._random.randrange(len(data))] = value

    def _insert(self, data: bytearray, _: bytes) -> None:
        at = self._place(data)
        data[at:at] = self._random.randbytes(self._random.choice((1, 2, 8)))

    def _delete(self, data: bytearray, _: bytes) -> None:
        del data[self._span(data)]

    def _repeat(self, data: bytearray, _: bytes) -> None:
        span = self._span(data)
        data[span.start : span.start] = data[span] * self._random.choice((1, 2, 10, 100))

    def _token(self, data: bytearray, _: bytes) -> None:
        at = self._place(data)
        replaced = self._random.choice((0, 0, 1, 4))
        data[at : at + replaced] = self._random.choice(self._tokens)

    def _splice(self, data: bytearray, other: bytes) -> None:
        at = self._place(data)
        data[at:at] = other[self._span(other)]

    def _cut(self, data: bytearray, _: bytes) -> None:
        del data[self._place(data) :]
