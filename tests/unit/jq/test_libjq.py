"""libjq, found in the Python package jq."""

from pathlib import Path

import pytest

from regpipe.jq.libjq import Libjq, LibjqError


def test_a_package_that_cannot_be_loaded_is_not_called_too_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "jq.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(LibjqError, match=r"^cannot load the Python package jq: .*/jq\.py: "):
        Libjq()
