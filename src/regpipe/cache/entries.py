"""How entries of the cache are read: the SQL, and what is uncompressed."""

import json
import zlib

BODY_LIMIT = 8 << 20
"""Bytes of the largest manifest or blob that is kept."""
_PAGE_LIMIT = 4 << 20

CONTENT = (
    "SELECT content.id, size, body, used, media_type FROM content"
    " JOIN served ON content = content.id JOIN place ON place = place.id"
    " WHERE name = ? AND digest = ? AND (media_type = '') = ?"
)
LIST = (
    "SELECT pages, names FROM listing JOIN place ON listing.place = place.id"
    " JOIN page ON page.place = listing.place AND page.run = listing.run"
    " WHERE name = ? ORDER BY number"
)
TAG = "SELECT digest FROM tag WHERE place = (SELECT id FROM place WHERE name = ?) AND name = ?"
TAGS = "SELECT count(*) FROM tag WHERE place = (SELECT id FROM place WHERE name = ?)"
OFFER = (
    "SELECT offer.name FROM offer JOIN place ON place = place.id"
    " WHERE place.name = ? AND (offer.name != 'none' OR abs(? - seen) < ?)"
)
HEAD = "SELECT head FROM place WHERE name = ?"


def pack_names(names: list[str]) -> bytes:
    """Compress a page of a list: many may be queued, and as strings they take more memory."""
    return zlib.compress(json.dumps(names).encode(), 1)


def unpack(stored: object, size: object) -> bytes | None:
    """Uncompress a body of this size; None if it is damaged."""
    if not isinstance(stored, bytes) or not isinstance(size, int) or size > BODY_LIMIT:
        return None
    if len(stored) == size:
        return stored
    try:
        return zlib.decompressobj().decompress(stored, max(size, 1))
    except (zlib.error, OverflowError, ValueError):
        return None


def unpack_names(packed: object) -> list[str] | None:
    """Uncompress a page of a list; None if it is damaged."""
    if not isinstance(packed, bytes):
        return None
    try:
        names = json.loads(zlib.decompressobj().decompress(packed, _PAGE_LIMIT))
    except (zlib.error, ValueError, RecursionError):
        return None
    are_names = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return names if are_names else None
