"""Bytes, dates and ages for people."""

from datetime import datetime, timedelta, timezone

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_DAY = 86400


def human_bytes(size: float | None) -> str:
    """Return bytes in the decimal units that docker shows.

    >>> human_bytes(1_234_567)
    '1.2 MB'
    """
    if size is None:
        return "-"
    value, unit = float(size), 0
    while value >= 999.95 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    if value >= 1_000_000:  # nobody has so much: a manifest says so
        return f"{value:.0e} {_UNITS[unit]}"
    return f"{value:.1f}".removesuffix(".0") + f" {_UNITS[unit]}"


def date(seconds: float) -> str:
    """Return the UTC date of an instant: `2024-02-29`."""
    return iso(seconds)[:10]


def iso(seconds: float) -> str:
    """Return an instant in RFC 3339, in whole seconds: `2024-02-29T23:59:59Z`.

    Years before 1 and after 9999, which no calendar here has, are the first and the last one.
    """
    try:
        moment = _EPOCH + timedelta(seconds=int(seconds))
    except OverflowError:
        return "9999-12-31T23:59:59Z" if seconds > 0 else "0001-01-01T00:00:00Z"
    return f"{moment.replace(tzinfo=None, microsecond=0).isoformat()}Z"


def age(seconds: float, now: float) -> str:
    """Return how long before `now` an instant was: `5 months`; `in 3 days` for later ones.

    >>> age(0, 200 * 86400)
    '6 months'
    """
    days = (now - seconds) / _DAY
    if days < 0:
        return f"in {_span(-days)}"
    return _span(days)


def _span(days: float) -> str:
    for length, unit in ((365.25, "year"), (30.44, "month"), (1, "day"), (1 / 24, "hour")):
        count = int(days / length)
        # 18 months say more than 1 year does.
        if count >= (2 if unit in ("year", "month") else 1):
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "minutes"


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun.

    >>> count(1, "image"), count(1200, "repository", "repositories")
    ('1 image', '1,200 repositories')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"
