"""Opening files without waiting."""

import os
from pathlib import Path

from regpipe.system.files import unblocked


def test_a_named_pipe_without_a_writer_is_opened_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with open(tmp_path / "pipe", "rb", opener=unblocked) as file:
        assert file.read() == b""
