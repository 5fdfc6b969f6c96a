"""Marks: what stands for strings and dates of a record, so that records become equal.

A copied string becomes a secret string. A date becomes another real date, of which a program makes
an instant and the key that it is sorted by (`date_key` in filters/lib/oci.jq); where a record has
several, their marks are in the order of the dates, so that comparing them gives the same. Only
dates that are real for certain are marked: others have reasons, and those are results.
"""

import datetime as dt
import os
import re
from json.encoder import encode_basestring

_MAX_STRINGS = 64
_MAX_DATES = 8
_DATE = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,15}))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))",
    re.ASCII,
)
_YEARS = "1982", "9998"  # the first is after all dates that mean nothing, in any time zone
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 -- as are all dates here
NO_DATE = "", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1980-01-01T00:00:00Z"
"""The commonest strings in the places of dates that are no real ones."""
REFERRERS = "sha256-", "sha512-"
"""What the tags begin with that hold what refers to an image."""
# What stands for a date is some time after this one, and its key after this many seconds.
_MARK_DATE, _MARK_SECONDS = "2020-01-01T00:00:00", 1577836800
_KEY_ZERO = 10**12


class Found:
    """What was replaced by marks in a record.

    Attributes:
        strings: the copied strings, in the order of their marks.
        dates: the dates, in the order of their marks.
        whole: the record as libjq prints it, if that is marked.
    """

    def __init__(self, dates: "list[str] | None" = None, whole: str | None = None) -> None:
        self.strings: list[str] = []
        self.dates = dates or []
        self.whole = whole

    @property
    def is_printable(self) -> bool:
        """Whether JSON and libjq write the strings in the same way."""
        return "".join(self.strings).isprintable()

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
        """Return what belongs into a gap that a mark left, as JSON."""
        kind, number = gap
        if kind == "string":
            return encode_basestring(self.strings[number])
        date = self.dates[number]
        return f'"{date if kind == "date" else key_of(date)}"'


class Marks:
    """Marks that no input holds, with nothing in them that would be printed otherwise.

    Attributes:
        strings: what stands for the first copied string, the second…, as JSON.
        whole: a member of an object, of which a record is known that is handed on whole.
    """

    def __init__(self) -> None:
        secret = os.urandom(12).hex()
        self.strings = [f'"{secret}-{number}"' for number in range(_MAX_STRINGS)]
        self.whole = f'"{secret}":true'
        digits = f"{int(secret[:12], 16) % 10**10:010}"
        # The last digit is no zero, which a key would not have.
        self._fractions = [f"{digits}{number}5" for number in range(1, _MAX_DATES + 1)]
        self._secrets = secret, digits
        self._pattern = re.compile(
            f'"({secret}-\\d+)"|"{_MARK_DATE}\\.({digits}\\d5)Z"'
            f'|"{_KEY_ZERO + _MARK_SECONDS}\\.({digits}\\d5)"'
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
        return f'"{_MARK_DATE}.{self._fractions[number]}Z"'

    def gaps(self, text: str) -> "tuple[list[str], list[tuple[str, int]]] | None":
        """Return a text's pieces between the marks, and what the marks are; None if unknown."""
        pieces = self._pattern.split(text)
        gaps: list[tuple[str, int]] = []
        for string, date, key in zip(pieces[1::4], pieces[2::4], pieces[3::4], strict=True):
            if string:
                gaps.append(("string", self.strings.index(f'"{string}"')))
            else:
                gaps.append(("date" if date else "key", self._fractions.index(date or key)))
        if any(secret in piece for piece in pieces[::4] for secret in self._secrets):
            return None
        return pieces[::4], gaps


def key_of(date: str) -> str:
    """Return the key of a date: `date_key` in filters/lib/oci.jq.

    Raises:
        ValueError: it is none that is real for certain.
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
