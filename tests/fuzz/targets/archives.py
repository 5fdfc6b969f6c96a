"""Archives on standard input: tar, compressed or not, of both kinds, through the whole verb."""

import gzip
import tempfile
from collections.abc import Iterable
from pathlib import Path

from fuzz.judge import run
from support import archives, images

TOKENS = (
    b"ustar\x00",
    b"manifest.json",
    b"index.json",
    b"oci-layout",
    b"blobs/sha256/",
    b"\x00" * 512,
    b"\x1f\x8b\x08",
    b"30 path=manifest.json\n",
    b"././@LongLink",
    b"7777777",
)


def seeds() -> Iterable[bytes]:
    """Yield small archives of each kind."""
    image = images.oci()
    with tempfile.TemporaryDirectory() as directory:
        for files in (
            archives.docker_save([(image, ["team/app:v1"])]),
            archives.docker_save_oci(Path(directory), {"team/app:v1": image}),
        ):
            packed = archives.pack(files)
            yield packed
            yield gzip.compress(packed, mtime=0)


def check(data: bytes) -> None:
    """Read the bytes as an archive: records, or a message for each failure."""
    for scheme in ("docker-archive", "oci-archive"):
        for verb in ("tags", "manifests"):
            code, _, messages = run([verb, f"{scheme}:-"], data)
            assert bool(code) <= bool(messages)
