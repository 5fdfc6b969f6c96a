"""When an image was created and built: dates, their origins, and which ones are placeholders."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

CREATED_KEY = "org.opencontainers.image.created"

_DATE = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:Z|([+-])([0-9]{2}):([0-9]{2}))",
    re.IGNORECASE,
)
_DAYS_OF_MONTH = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAY = 86400
# The seconds since 1970 that builders write who want the same bytes every day: the epoch (also as
# SOURCE_DATE_EPOCH=1), and the day before which no ZIP file can be dated. What is before the epoch,
# such as Go's zero time, is not the date of an image either.
_EPOCH, _ZIP = 0, 315532800
_PLACEHOLDERS_END = _ZIP + 2 * _DAY
"""No later date is one of them, in whatever time zone."""

Instant = tuple[int, str]
"""Seconds since 1970 and the digits of the fraction without trailing zeros; they sort by time."""


class Created(NamedTuple):
    """The dates of an image.

    Attributes:
        text: when it says that it was created.
        origin: where that is written: `config`, `history`, `annotation` or `label`.
        built: when it was built according to an annotation, if that is later; else None.
    """

    text: str
    origin: str
    built: str | None = None

    @property
    def is_real(self) -> bool:
        """Whether the date is well-formed and not one that reproducible builds write instead."""
        found = instant(self.text)
        return found is not None and not _is_placeholder(found, self.text)


def instant(text: str) -> Instant | None:
    """Parse a date and time (RFC 3339), as the bundled programs do (filters/lib/oci.jq).

    Not with `datetime`: that has neither year 0 nor leap seconds nor more than six digits.

    Returns:
        The instant; None if the text is not a valid date.
    """
    match = _DATE.fullmatch(text)
    if not match:
        return None
    year, month, day, hour, minute, second = map(int, match.group(1, 2, 3, 4, 5, 6))
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not 1 <= month <= 12 or not 1 <= day <= _DAYS_OF_MONTH[month - 1] + (month == 2 and leap):
        return None
    offset_hours, offset_minutes = int(match[9] or 0), int(match[10] or 0)
    if hour > 23 or minute > 59 or second > 60 or offset_hours > 23 or offset_minutes > 59:
        return None
    offset = (offset_hours * 60 + offset_minutes) * (-60 if match[8] == "-" else 60)
    seconds = _days(year, month, day) * _DAY + hour * 3600 + minute * 60 + second - offset
    if second == 60 and seconds % _DAY:
        return None  # leap seconds are only at the end of a day in UTC
    return seconds, (match[7] or "").rstrip("0")


def find_created(
    config: Mapping[str, Any] | None,
    *annotations: Mapping[str, Any] | None,
    config_is: str = "config",
) -> Created | None:
    """Find the creation date of an image or artifact.

    In this order: the config's `created` (config.md), the annotation
    org.opencontainers.image.created (annotations.md), the label of that name. The first real date
    is taken; if none is real, the first one.

    Args:
        config: the image config, or None.
        annotations: those of the manifest and of its descriptor in an index, in this order.
        config_is: the origin to report for a date in the config; `history` for schema 1.

    Returns:
        The date, or None if there is none. It has `built` if an annotation has a later real one
        than the config, as in images that take `created` from a commit.
    """
    config = config or {}
    runtime = config.get("config")
    labels = runtime.get("Labels") if isinstance(runtime, dict) else None
    found = [
        Created(text, origin)
        for origin, text in (
            (config_is, config.get("created")),
            *(("annotation", (one or {}).get(CREATED_KEY)) for one in annotations),
            ("label", labels.get(CREATED_KEY) if isinstance(labels, dict) else None),
        )
        if text and isinstance(text, str)
    ]
    first = next((date for date in found if date.is_real), found[0] if found else None)
    return first and first._replace(built=_later(first, found))


def _later(created: Created, found: list[Created]) -> str | None:
    """Return the first real date in an annotation, if it is later than `created`."""
    for date in found:
        if date.origin == "annotation" and date.is_real:
            is_later = (instant(date.text) or (0, "")) > (instant(created.text) or (0, ""))
            return date.text if is_later else None
    return None


def _is_placeholder(found: Instant, text: str) -> bool:
    if found[0] > _PLACEHOLDERS_END:  # nearly all dates, which are not parsed again
        return False
    # In UTC, or in the date's own time zone.
    instants = found, instant(f"{text[:19]}Z")
    return any(
        seconds <= _EPOCH + 1 or _ZIP <= seconds <= _ZIP + 1
        for seconds, _ in filter(None, instants)
    )


def _days(year: int, month: int, day: int) -> int:
    """Return the days since 1970-01-01 in the proleptic Gregorian calendar."""
    years = year - (month <= 2)  # years begin in March, so that leap days are at the end
    days = 365 * years + years // 4 - years // 100 + years // 400
    return days + (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1 - 719468
