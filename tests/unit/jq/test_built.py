"""Whether libjq was built with optimisation, which `--version` shows."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from regpipe import commands
from regpipe.jq import built
from support.processes import find

LIKE_JV_C = """\
typedef struct { unsigned char kind_flags, pad; short offset; int size; void *u; } jv;
int jv_get_kind(jv x) { return x.kind_flags & 0xF; }
"""


@pytest.mark.skipif(sys.platform != "linux", reason="sizes of functions are known to ELF only")
@pytest.mark.parametrize(
    ("flags", "expected"),
    [("", False), ("-O0", False), ("-Og", True), ("-Os", True), ("-O2", True), ("-O3", True)],
)
def test_the_compiler_s_flags_are_told(tmp_path: Path, flags: str, expected: Any) -> None:
    source, library = tmp_path / "jv.c", tmp_path / "jq.so"
    source.write_text(LIKE_JV_C)
    command = [find("cc"), "-fPIC", "-shared", *flags.split(), "-o", str(library), str(source)]
    subprocess.run(command, check=True)
    assert built.is_optimised(str(library)) is expected


def test_what_is_no_libjq_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / "jq.so").write_text("nothing")
    assert built.is_optimised(str(tmp_path / "jq.so")) is None


@pytest.mark.parametrize(
    ("optimised", "expected"),
    [(True, "(jq 1.8.2, "), (None, "(jq 1.8.2, "), (False, "(jq 1.8.2 without optimisation, ")],
)
def test_the_version_does_not_hide_it(
    monkeypatch: pytest.MonkeyPatch,
    optimised: Any,
    expected: str,
) -> None:
    monkeypatch.setattr(built, "is_optimised", lambda: optimised)
    assert expected in commands.version()
