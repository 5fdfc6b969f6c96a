"""Marks: what stands for values and dates of a record, so that records become equal.

A copied string becomes a secret string, and so do numbers and objects. A date becomes another real
date, of which a program makes an instant, its seconds and the key that it is sorted by (`date_key`
in filters/lib/oci.jq); where a record has several, their marks are in the order of the dates, so
that comparing them gives the same. Only dates that are real for certain are marked: others have
reasons, and those are results.
"""

import datetime as dt
import os
import re
from json.encoder import encode_basestring

_MAX_VALUES = 200
_MAX_DATES = 8
_DATE = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,15}))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))",
    re.ASCII,
)
_YEARS = "1982", "9998"  # the first is after all dates that mean nothing, in any time zone
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 -- as are all dates here
NO_DATE = "", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1980-01-01T00:00:00Z"
"""The commonest strings where dates should be, that are not real dates."""
REFERRERS = "sha256-", "sha512-"
"""What the tags begin with that hold what refers to an image."""
# What stands for dates are seconds and fractions that are secret, from 2100 on.
_MARK_SECONDS = 4_102_444_800, 250_000_000_000
_KEY_ZERO = 10**12


class Found:
    """What was replaced by marks in a record.

    Attributes:
        values: the copied values, in the order of their marks: strings, and JSON texts of others.
        dates: the dates, in the order of their marks.
        whole: the record as libjq prints it, if that is marked.
    """

    def __init__(self, dates: "list[str] | None" = None, whole: str | None = None) -> None:
        self.values: list[str | tuple[str]] = []
        self.dates = dates or []
        self.whole = whole

    @property
    def is_printable(self) -> bool:
        """Whether JSON and libjq write the values in the same way."""
        return "".join([v if isinstance(v, str) else v[0] for v in self.values]).isprintable()

    @property
    def is_plain(self) -> bool:
        """Whether values are written in the same way in JSON and in raw results."""
        return not any('"' in value or "\\" in value for value in self.values)

    def sorted(self) -> "Found | None":
        """Return what to begin with for marks in the order of the dates; None if they are.

        Raises:
            ValueError: one may be no real date, or two are the same instant.
        """
        keys = {key_of(date): date for date in self.dates}
        if len(keys) < len(self.dates):
            raise ValueError
        dates = [keys[key] for key in sorted(keys)]
        return None if dates == self.dates else Found(dates, self.whole)

    def text(self, gap: "tuple[str, int]") -> str:
        """Return what belongs into a gap that a mark left: JSON, but for raw strings."""
        kind, number = gap
        if kind == "value":
            value = self.values[number]
            return encode_basestring(value) if isinstance(value, str) else value[0]
        if kind == "raw":
            return str(self.values[number])
        date = self.dates[number]
        if kind == "seconds":
            return str(int(key_of(date).partition(".")[0]) - _KEY_ZERO)
        return date if kind == "raw date" else f'"{date if kind == "date" else key_of(date)}"'


class Marks:
    """Marks that no input holds, with nothing in them that would be printed otherwise.

    Args:
        raw: results are written without quotes.

    Attributes:
        strings: what stands for the first value, if it is a string, for the second…, as JSON.
        raw: see above.
        numbers: the same of numbers.
        objects: the same of objects.
        whole: a member of an object, of which a record is known that is handed on whole.
    """

    def __init__(self, *, raw: bool = False) -> None:
        secret = os.urandom(12).hex()
        self.strings = [f'"{secret}-{number}"' for number in range(_MAX_VALUES)]
        self.objects = [f'{{"{secret}-{number}":true}}' for number in range(_MAX_VALUES)]
        digits = f"{int(secret[:12], 16) % 10**10:010}"
        # More digits than a double has: libjq prints it as it is, if it is not calculated with.
        begin = f"7{int(secret, 16) % 10**22:022}"
        self.numbers = [f"{begin}{number:03}" for number in range(_MAX_VALUES)]
        self.whole = f'"{secret}":true'
        # The last digit is not zero, which a key would not have.
        self._fractions = [f"{digits}{number}5" for number in range(1, _MAX_DATES + 1)]
        first, last = _MARK_SECONDS
        self._seconds = first + int(secret[6:], 16) % (last - first)
        dates = range(self._seconds, self._seconds + _MAX_DATES)
        self._dates = [(_EPOCH + dt.timedelta(seconds=at)).isoformat() for at in dates]
        seconds = [str(at) for at in dates]
        self._secrets = secret, digits, begin, *seconds
        quote = "" if raw else '"'
        self.raw = raw
        self._pattern = re.compile(
            f'(?:{quote}{secret}-(\\d+){quote}|{{"{secret}-(\\d+)":true}}|{begin}(\\d\\d\\d))'
            f"|{quote}[0-9T:-]{{19}}\\.({digits}\\d5)Z{quote}"
            f'|"\\d{{13}}\\.({digits}\\d5)"'
            f"|(?<![0-9.])({'|'.join(seconds)})(?![0-9.eE])"
        )

    def of_date(self, value: str, found: Found) -> str:
        """Return the mark of a date, as JSON.

        Raises:
            IndexError: there are too many.
        """
        try:
            number = found.dates.index(value)
        except ValueError:
            number = len(found.dates)
            found.dates.append(value)
        return f'"{self._dates[number]}.{self._fractions[number]}Z"'

    def gaps(self, text: str) -> "tuple[list[str], list[tuple[str, int]]] | None":
        """Return a text's pieces between the marks, and what the marks are; None if unknown."""
        pieces: list[str] = []
        gaps: list[tuple[str, int]] = []
        end = 0
        for match in self._pattern.finditer(text):
            pieces.append(text[end : match.start()])
            end = match.end()
            string, object_, number, date, key, seconds = match.groups()
            if string:
                gaps.append(("raw" if self.raw else "value", int(string)))
            elif object_ or number:
                gaps.append(("value", int(object_ or number)))
            elif seconds:
                gaps.append(("seconds", int(seconds) - self._seconds))
            else:
                kind = "key" if key else "raw date" if self.raw else "date"
                gaps.append((kind, self._fractions.index(date or key)))
        pieces.append(text[end:])
        if any(secret in piece for piece in pieces for secret in self._secrets):
            return None
        return pieces, gaps


def key_of(date: str) -> str:
    """Return the key of a date: `date_key` in filters/lib/oci.jq.

    Raises:
        ValueError: it is not a date that is real for certain.
    """
    match = _DATE.fullmatch(date)
    if match is None or not _YEARS[0] <= date[:4] <= _YEARS[1]:
        raise ValueError
    whole, fraction, sign, hours, minutes = match.groups()
    since = dt.datetime.fromisoformat(whole) - _EPOCH
    seconds = _KEY_ZERO + since.days * 86400 + since.seconds
    if sign:
        seconds -= int(f"{sign}1") * (int(hours) * 3600 + int(minutes) * 60)
    fraction = (fraction or "").rstrip("0")
    return f"{seconds}.{fraction}" if fraction else f"{seconds}"
