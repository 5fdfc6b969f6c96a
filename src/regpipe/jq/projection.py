"""Records reduced to what a program reads, before libjq parses them.

Gain: libjq takes most of the time of a run over large records, and most programs read little of
them; with projection and templates the default program over 100 MB takes 0.5 (12 kB records) to
0.75 (4 kB) of the time of jq itself (tests/bench/RESULTS.md). Only headers of bundled programs
are believed, as tests/processes/test_parallel.py runs these over whole and reduced records. Not
used for inputs below 256 KiB, for options that change how input is read, and for records that
Python and libjq could parse differently, which are kept whole.

A header names paths, `# reads: .ref .manifest.config.digest .history[0].name|fromjson.id`: names,
`[0]` or `[]`, and `|fromjson` where a string holds JSON; a name with a dot in it is quoted. What a
path leads to is kept whole, as is anything unexpected on the way. Strings that the program only
copies (`# copies:`) or takes for dates (`# dates:`) may be marked as well, and sums of numbers
(`# sums:`): each is replaced by a mark, so that records which differ in nothing else become equal
(see marks.py and templates.py).
"""

import json
import re
from json.encoder import encode_basestring

from regpipe.jq.marks import NO_DATE, REFERRERS, Found, Marks
from regpipe.jq.paths import PathTree, steps_of

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import NoReturn

# A text that long could be nested deeper than libjq allows, in a place that is cut away.
_LONG = 20_000
_BRACKETS = 10_000
# -0, which Python reads as 0.
_ZEROS = tuple(f"{before}0{after}" for before in ":[," for after in ",]}")
_SURROGATE = re.compile(r"\\u[dD]")
_ABSENT = object()
_EXACT = 1 << 53  # below, libjq's numbers are exact
_DEEP = 200  # libjq prints only so many levels


class Projection:
    """Reduces JSON values to the paths of a header.

    Args:
        reads: the paths that are kept.
        copies: paths that are kept too, where strings may be marked.
        required: the fields that must be strings in an object for its strings to be marked.
        dates: paths that are kept too, where dates may be marked.
        sums: paths of numbers in the objects of an array, of which only the sum matters.
        raw: the results are written without quotes.
        whole: error records and records of reports, which are kept whole else, may be marked too.

    Raises:
        ValueError: something else than a path is among them.

    Attributes:
        can_mark: there are paths where strings may be marked.
        marks: what stands for them.
    """

    def __init__(  # noqa: PLR0913 -- a kind of paths each
        self,
        reads: "Iterable[str]",
        copies: "Iterable[str]" = (),
        required: "Iterable[str]" = (),
        dates: "Iterable[str]" = (),
        sums: "Iterable[str]" = (),
        *,
        whole: bool = False,
        raw: bool = False,
    ) -> None:
        self._decode = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse).raw_decode
        self._decode_any = json.JSONDecoder().raw_decode
        self._encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
        read, copied, dated, summed = (
            [steps_of(path) for path in paths] for paths in (reads, copies, dates, sums)
        )
        self._paths = PathTree(read + copied + dated + summed, [], [], [])
        self._marking_paths = PathTree(read, copied, dated, summed)
        self.can_mark = bool(copied or dated)
        self._required = set(required)
        self._marks_whole = whole
        self._raw = raw
        self.marks = Marks(raw=raw)

    def may_have_lone_surrogate(self, text: str) -> bool:
        r"""Tell whether a text may hold a \u escape of a lone surrogate, which libjq refuses."""
        return _SURROGATE.search(text) is not None

    def project(self, text: str, begin: int) -> tuple[str | None, int]:
        """Reduce the object that begins at an index of a text.

        Returns:
            What is left of it as JSON, None where it has to be taken as it is, and where it ends.

        Raises:
            ValueError: none begins there, or it does not end.
        """
        value, end = self._parse(text, begin)
        if value is None or _is_handed_on(value):
            return None, end
        try:
            return self._project(value, self._paths, Found()), end
        except (ValueError, RecursionError):
            return None, end

    def reduced(self, value: "Mapping[str, object]") -> bytes | None:
        """Reduce an object that was parsed; return JSON, None where it has to be taken as it is."""
        try:
            return self._project(dict(value), self._paths, Found()).encode()
        except (ValueError, RecursionError):
            return None

    def project_and_mark(self, text: str, begin: int) -> tuple[str | None, int, Found]:
        """Reduce an object and replace copied strings by marks; return what was replaced too."""
        value, end = self._parse(text, begin)
        found = Found()
        if value is None:
            return None, end, found
        try:
            if _is_handed_on(value):
                if not self._marks_whole:
                    return None, end, found
                found.whole = self._handed_on(value)
            if not all(isinstance(value.get(name), str) for name in self._required):
                return self._project(value, self._paths, found), end, found
            marked = self._project(value, self._marking_paths, found)
            if again := found.sorted():
                found = again
                marked = self._project(value, self._marking_paths, found)
            if not found.is_printable or (self._raw and not found.is_plain):
                return None, end, found
        except (ValueError, IndexError, RecursionError):  # there are only so many marks
            return None, end, found
        return marked, end, found

    def _parse(self, text: str, begin: int) -> tuple[dict[str, object] | None, int]:
        """Parse an object; None if Python and libjq could see something else in it."""
        if text[begin : begin + 1] != "{":  # of other values Python and libjq see other ends
            raise ValueError
        try:
            value, end = self._decode(text, begin)
            return None if _is_deep(text, begin, end) else value, end
        except (ValueError, RecursionError):
            pass
        try:
            return None, self._decode_any(text, begin)[1]
        except RecursionError as error:
            raise ValueError from error

    def _project(self, value: dict[str, object], paths: PathTree, found: Found) -> str:
        pieces: list[str] = []
        self._project_value(value, paths, found, pieces.append)
        if found.whole is not None:
            pieces[-1] = f"{',' if len(pieces) > 1 else '{'}{self.marks.whole}}}"
        return "".join(pieces)

    def _handed_on(self, value: dict[str, object]) -> str:
        """Return a record as libjq prints it; raise ValueError where that is not sure."""
        text = self._whole(value)
        if not text.isprintable() or text.count("{") + text.count("[") > _DEEP:
            raise ValueError
        return text

    def _project_value(
        self, value: object, paths: PathTree, found: Found, write: "Callable[[str], None]"
    ) -> None:
        """Write the parts of a value that the paths lead to, or all of it."""
        if isinstance(value, str):
            write(self._string(value, paths, found))
        elif isinstance(value, dict) and paths.names and not paths.each:  # [] is of objects too
            before, string = "{", self._string
            for name, text, inner in paths.names:
                member = value.get(name, _ABSENT)
                if member is _ABSENT:
                    continue
                if isinstance(member, str):  # most are
                    write(f"{before}{text}{string(member, inner, found)}")
                else:
                    write(before + text)
                    self._project_value(member, inner, found, write)
                before = ","
            write("}" if before == "," else "{}")
        elif paths.copied and value and type(value) in (int, dict):
            found.values.append((self._whole(value),))
            marks = self.marks.numbers if isinstance(value, int) else self.marks.objects
            write(marks[len(found.values) - 1])
        elif isinstance(value, list) and (paths.each or paths.first):
            if paths.summed and (total := _sum(value, paths.summed)):
                found.values.append((str(total),))
                mark = self.marks.numbers[len(found.values) - 1]
                write(f"[{{{encode_basestring(paths.summed)}:{mark}}}]")
                return
            kept = value if paths.each else value[:1]
            for number, item in enumerate(kept):
                write("," if number else "[")
                inner = (None if number else paths.first) or paths.each or paths
                self._project_value(item, inner, found, write)
            write("]" if kept else "[]")
        else:
            write(self._whole(value))

    def _string(self, value: str, paths: PathTree, found: Found) -> str:
        """Return what is left of a string, or its mark."""
        if paths.copied:
            # Programs look for those that refer to something.
            if value and not value.startswith(REFERRERS):
                found.values.append(value)
                return self.marks.strings[len(found.values) - 1]
        elif paths.dated:
            if value not in NO_DATE:
                return self.marks.of_date(value, found)
        elif paths.in_json:
            return encode_basestring(self._project_text(value, paths.in_json, found))
        return encode_basestring(value)

    def _whole(self, value: object) -> str:
        if type(value) is int and value:  # most are
            return str(value)
        if value is None:
            return "null"
        text = self._encode(value)
        if value is False:
            return text
        if value == 0 or any(zero in text for zero in _ZEROS):
            raise ValueError
        return text

    def _project_text(self, text: str, paths: PathTree, found: Found) -> str:
        """Reduce the JSON that a string holds."""
        if self.may_have_lone_surrogate(text):
            return text
        try:
            value, end = self._decode(text)
            if end == len(text) and isinstance(value, dict):
                pieces: list[str] = []
                self._project_value(value, paths, found, pieces.append)
                return "".join(pieces)
        except (ValueError, RecursionError):
            pass
        return text


def _sum(items: list[object], name: str) -> int | None:
    """Return the sum of a number in each of some objects; None where libjq may see another."""
    total = 0
    for item in items:
        size = item.get(name) if isinstance(item, dict) else None
        if type(size) is not int or size < 0:
            return None
        total += size
    return total if total < _EXACT else None


def _is_handed_on(value: "dict[str, object]") -> bool:
    """Tell whether programs may copy a record whole: an error record, or a report's."""
    return "error" in value or "info" in value


def _is_deep(text: str, begin: int, end: int) -> bool:
    if end - begin < _LONG:
        return False
    return text.count("{", begin, end) + text.count("[", begin, end) > _BRACKETS


def _refuse(_text: str) -> "NoReturn":
    # Only libjq prints such a number as it was written.
    raise ValueError
