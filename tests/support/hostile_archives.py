"""Archives that try to take much memory; see hostile.py.

Each function writes its archives, and returns a command line and its exit code.
"""

import gzip
import io
import json
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path


def tar_headers(directory: Path) -> tuple[list[str], int]:
    """An archive with 200 MB of pax headers."""
    path = directory / "headers.tar.gz"
    _write(
        path, tarfile.PAX_FORMAT, ((_info(n, {f"k{n}": "a" * 1_000_000}), b"") for n in range(200))
    )
    return ["tags", f"docker-archive:{path}"], 4


def tar_names(directory: Path) -> tuple[list[str], int]:
    """6 archives with 180 MB of long names each."""
    paths = [directory / f"names{copy}.tar.gz" for copy in range(6)]
    for path in paths:
        names = (f"{number}/{'a' * 30_000}" for number in range(6_000))
        _write(path, tarfile.GNU_FORMAT, ((tarfile.TarInfo(name), b"") for name in names))
    return ["tags", *(f"docker-archive:{path}" for path in paths)], 5


def tar_files(directory: Path) -> tuple[list[str], int]:
    """6 archives with 140 MB of JSON files each."""
    paths = [directory / f"files{copy}.tar.gz" for copy in range(6)]
    body = json.dumps({"x": "a" * 7_000_000}).encode()
    for path in paths:
        _write(path, tarfile.GNU_FORMAT, ((_info(number), body) for number in range(20)))
    return ["tags", *(f"docker-archive:{path}" for path in paths)], 4


def _info(number: int, headers: dict[str, str] | None = None) -> tarfile.TarInfo:
    info = tarfile.TarInfo(f"{number}.json")
    info.pax_headers = headers or {}
    return info


def _write(path: Path, form: int, members: Iterable[tuple[tarfile.TarInfo, bytes]]) -> None:
    with (
        gzip.open(path, "wb", compresslevel=1) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=form) as archive,
    ):
        for info, body in members:
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))


ALL: tuple[Callable[[Path], tuple[list[str], int]], ...] = (tar_headers, tar_names, tar_files)
