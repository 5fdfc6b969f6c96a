"""Divide a byte stream into JSON texts: NDJSON, pretty-printed, concatenated, with BOM or RS."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple, cast

CHUNK = 65536
TEXT_LIMIT = 32 << 20
"""Bytes of a JSON text at most."""
LINE_LIMIT = 64 << 10
"""Bytes of a line that is not JSON at most; a reference has a few hundred."""
DEPTH_LIMIT = 512
"""How deep lists and objects may be nested: Python's own limit depends on its version."""

_TAIL = 256  # bytes of a text that are looked at again
_OPEN_LIMIT = 1 << 20
_BOM = b"\xef\xbb\xbf"
_SPACE = b" \t\r\n\x1e"  # an RS between texts separates them
_QUOTE, _RS = 0x22, 0x1E
# What can change the depth of a value. A string counts as one token, closed or not; it never runs
# over a line end or an RS, because no JSON string may hold one unescaped. The beginning of a line
# is looked at too, for it may be the next record or reference after a broken text: not where it
# can only go on with this one, nor where a string stands after what may have one behind it.
_INSIDE = rb'[^"\\\n\x1e]*(?:\\[^\n\x1e][^"\\\n\x1e]*)*(")?'
_LINE = rb"\n[ \t\r]{0,64}"  # no more, so that it can be scanned again when the rest has arrived
_TOKEN = re.compile(
    rb'"' + _INSIDE + rb"|[{}\[\]\x1e]"
    rb"|" + _LINE + rb'(?=[^ \t\r\n}\],:"])'
    rb"|(?<![{\[,:])" + _LINE + rb'(?=")'
)  # fmt: skip
_STRING_REST = re.compile(_INSIDE)
# A line's first word: a JSON literal, and one that may be cut by the end of the data.
_WORD = re.compile(
    rb"(?:-?[0-9][-+.0-9eE]*|true|false|null|NaN|-?Infinity)(?:(?=[\s,\]}\x1e])|\Z)"
    rb"|[-+.\w]{0,64}\Z"
)
_LINE_BEGUN = re.compile(_LINE + rb"[-+.\w]{0,64}\Z")


class Text(NamedTuple):
    """A text of the stream.

    Attributes:
        data: its bytes; none of them where it is over a limit.
        line: the number, from 1, of the line it begins in.
        fault: the limit that it is over, in words.
    """

    data: bytes
    line: int
    fault: str = ""


def texts(read: Callable[[int], bytes]) -> Iterator[Text]:
    r"""Yield each JSON text of a stream as soon as its last byte was read.

    A text that begins with ``{``, ``[`` or ``"`` may span lines, and several may share a line. Any
    other text is one line without the blanks around it: a number, a reference, or anything else.
    Whether a text is valid JSON is left to the caller's parser. A malformed text ends where no
    valid one could continue: at a line end inside a string, at an RS (RFC 7464), or before a line
    that cannot continue it; so one malformed record does not swallow the rest. Of a text that is
    over a limit nothing is kept in memory.

    Args:
        read: returns at most that many bytes, at least one, or none at the end of the stream.
    """
    splitter = _Splitter()
    data = read(CHUNK)
    while data and len(data) < len(_BOM) and _BOM.startswith(data):
        more = read(CHUNK)  # a mark cut in two by a short read must still be seen whole
        if not more:
            break
        data += more
    yield from splitter.feed(data.removeprefix(_BOM))
    while data := read(CHUNK):
        yield from splitter.feed(data)
    yield from splitter.finish()


class _Splitter:
    """The state of the division; the bytes of an unfinished text are kept in `_text`."""

    def __init__(self) -> None:
        self._text = bytearray()
        self._open = bytearray()  # the open brackets, outermost first
        self._in_string = False
        self._bare = False
        self._line = 1  # of the next byte
        self._start = 1  # of the text's first byte
        self._carry = b""  # bytes whose meaning depends on the next one
        self._fault = ""
        self._dropped = 0  # line ends of the text that are not kept

    def feed(self, data: bytes) -> Iterator[Text]:
        """Yield the texts that end in these bytes."""
        data = self._carry + data
        self._carry = b""
        pos = 0
        while pos < len(data):
            if self._bare:
                pos, done = self._bare_line(data, pos)
            elif self._in_string:
                pos, done = self._string(data, pos)
            elif self._open:
                pos, done = self._container(data, pos)
            else:
                pos, done = self._between(data, pos), False
            if done:
                yield self._take()
        self._check_limits()

    def finish(self) -> Iterator[Text]:
        """Yield the unfinished text at the end of the stream."""
        if self._carry:  # a line end completes it, as nothing follows
            yield from self.feed(b"\n")
        self._text += self._carry
        if self._text.strip(_SPACE):
            yield self._take()

    def _take(self) -> Text:
        if self._fault or len(self._text) > LINE_LIMIT:
            self._check_limits()
        data = b"" if self._fault else bytes(self._text).strip(_SPACE)
        text = Text(data, self._start, self._fault)
        self._line = self._start + self._dropped + self._text.count(b"\n")
        self._text = bytearray()
        self._open.clear()
        self._in_string = self._bare = False
        self._fault, self._dropped = "", 0
        return text

    def _check_limits(self) -> None:
        """Find what is over a limit; keep no more of it than what tells where it ends."""
        if not self._fault:
            if self._bare and len(self._text) > LINE_LIMIT:
                self._fault = f"not JSON, and longer than {LINE_LIMIT >> 10} KiB"
            elif len(self._text) > TEXT_LIMIT:
                self._fault = f"longer than {TEXT_LIMIT >> 20} MiB"
            else:
                return
        self._dropped += self._text.count(b"\n", 0, -_TAIL)
        del self._text[:-_TAIL]

    def _between(self, data: bytes, pos: int) -> int:
        """Skip to the next text and find its kind."""
        begin = pos
        while begin < len(data) and data[begin] in _SPACE:
            begin += 1
        self._line += data.count(b"\n", pos, begin)
        self._start = self._line
        first = data[begin : begin + 1]
        self._in_string = first == b'"'
        self._bare = first not in (b"", b'"', b"{", b"[")
        if self._bare or not first:
            return begin
        self._text += first
        if not self._in_string:
            self._open += first
        return begin + 1

    def _bare_line(self, data: bytes, pos: int) -> tuple[int, bool]:
        ends = [end for end in (data.find(b"\n", pos), data.find(b"\x1e", pos)) if end >= 0]
        end = min(ends, default=len(data))
        self._text += data[pos:end]
        return end, bool(ends)

    def _string(self, data: bytes, pos: int) -> tuple[int, bool]:
        """Continue inside a string; a string outside any container is a text of its own."""
        found = cast("re.Match[bytes]", _STRING_REST.match(data, pos))  # it matches everywhere
        end = found.end()
        self._text += data[pos:end]
        if found.lastindex:
            self._in_string = False
            return end, not self._open
        if data[end:] == b"\\":  # the escaped byte was not read yet
            self._carry = b"\\"
            return len(data), False
        if data[end : end + 1] == b"\\":  # it escapes a line end
            self._text += b"\\"
            end += 1
        return end, end < len(data)

    def _container(self, data: bytes, pos: int) -> tuple[int, bool]:
        """Continue inside an object or array, to its end or to the end of the data."""
        for token in _TOKEN.finditer(data, pos):
            begin = token.start()
            first = data[begin]
            if first == _QUOTE:
                if not token.lastindex:  # cut off or malformed: _string finds out
                    self._text += data[pos : begin + 1]
                    self._in_string = True
                    return begin + 1, False
            elif first in b"{[":
                if self._is_endless(first):
                    return begin + 1, False
            elif first in b"}]":
                self._open.pop()
                if not self._open:
                    self._text += data[pos : begin + 1]
                    return begin + 1, True
            elif first == _RS or not self._continues(data, pos, token):
                self._text += data[pos:begin]
                return begin, True
        self._text += data[pos:]
        # The rest of the line that has begun may be needed to tell what it is.
        begun = _LINE_BEGUN.search(self._text, max(0, len(self._text) - 2 * 65))
        if begun:
            self._carry = begun[0]
            del self._text[begun.start() :]
        return len(data), False

    def _is_endless(self, bracket: int) -> bool:
        """Open one more bracket; tell whether the text is so deep that it ends with its line."""
        self._open.append(bracket)
        if len(self._open) > DEPTH_LIMIT:
            self._fault = "nested too deeply"
        if len(self._open) > _OPEN_LIMIT:
            self._open.clear()
            self._bare = True
        return self._bare

    def _continues(self, data: bytes, pos: int, line: "re.Match[bytes]") -> bool:
        """Tell whether the open container may continue with a line that begins so."""
        begin, end = line.span()
        before = _last_visible(data, pos, begin) or _last_visible(self._text, 0, len(self._text))
        first = data[end]
        if first == _QUOTE:
            return before in b"{[,:"
        if before not in (b"[," if self._open[-1:] == b"[" else b":"):
            return False
        return first in b"{[" or _WORD.match(data, end) is not None


def _last_visible(data: bytes | bytearray, pos: int, end: int) -> bytes:
    """Return the last byte of data[pos:end] that is not white space, or nothing."""
    while end > pos and data[end - 1] in _SPACE:
        end -= 1
    return bytes(data[max(pos, end - 1) : end])
