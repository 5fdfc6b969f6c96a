"""Which files of a directory tree are read: what their names and their first bytes say."""

import re

from regpipe.errors import RegpipeError
from regpipe.refs import files, kinds

_STRUCTURED = (".yaml", ".yml", ".json")
_IMAGE_FIELD = re.compile(rb"""(?:^|[{,])[ \t-]*["']?\w*[iI]mage["']?[ \t]*:""", re.MULTILINE)
_OBJECT = b"apiVersion"


def may_be_one(path: str) -> bool:
    """Tell whether a file may have references, going by its name."""
    return path.endswith(_STRUCTURED) or kinds.claims(path)


def has_hint(path: str, data: bytes) -> bool:
    """Tell whether a file may have references, going by its name and its content."""
    if kinds.claims(path):
        return b"\0" not in data[:1024]
    return _OBJECT in data if path.endswith(".json") else kinds.hints_in(data)


def has_image(data: bytes) -> bool:
    """Tell whether malformed content seems to have an image, so that it must be reported."""
    return _IMAGE_FIELD.search(data) is not None


def is_passed_over(path: str, error: RegpipeError) -> bool:
    """Tell whether a file that cannot be read is something else: data, or the image of a disk."""
    if error.code == "INPUT_INVALID":  # not text
        return not kinds.claims(path)
    if error.code != "SIZE_INVALID":
        return False
    head = files.read_head(path)
    return b"\0" in head or not (kinds.claims(path) or _OBJECT in head)
