"""The data for the script: JSON lines, compressed with raw deflate (RFC 1951), as base64.

No markup can stand in base64, so no data can end the element that it stands in. The size is 4/3 of
what deflate makes of the lines, which is within a few hundredths of what gzip -9 makes of them.
"""

import base64
import json
import zlib
from collections.abc import Iterable

_LEVEL = 6  # 9 takes twice the time for a hundredth of the size
_encode = json.JSONEncoder(separators=(",", ":")).encode

Block = Iterable[object]
"""The values of a block; the script parses each when it is first needed."""


def packed(block: Block) -> str:
    """Return a block as base64: a line of JSON for each value, in ASCII, compressed."""
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    data = compressor.compress("\n".join(map(_encode, block)).encode()) + compressor.flush()
    return base64.b64encode(data).decode()
