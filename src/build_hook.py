"""Makes the man pages when the package is built, and puts them and the completion scripts in place.

hatchling calls this (see pyproject.toml); regpipe itself does not. A wheel's data are installed
below the prefix, so that `man` and the shells find them there.
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_COMPLETION = {
    "regpipe.bash": "share/bash-completion/completions/regpipe",
    "_regpipe": "share/zsh/site-functions/_regpipe",
    "regpipe.fish": "share/fish/vendor_completions.d/regpipe.fish",
}


class ManPages(BuildHookInterface):  # type: ignore[type-arg]
    """Adds man pages and completion scripts to the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the pages; an editable install needs none."""
        if version == "editable":
            return
        source = Path(self.root, "src")
        self._scratch = tempfile.TemporaryDirectory()
        shared = build_data["shared_data"]
        for name, text in _pages(source).items():
            path = Path(self._scratch.name, name)
            path.write_text(text, encoding="utf-8")
            shared[str(path)] = f"share/man/man{name[-1]}/{name}"
        for name, place in _COMPLETION.items():
            shared[str(source / "regpipe/completion" / name)] = place

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was made on the way."""
        del build_data, artifact_path
        if version != "editable":
            self._scratch.cleanup()


def _pages(source: Path) -> dict[str, str]:
    """Return the man pages by their file names."""
    sys.path.insert(0, str(source))
    from regpipe import __version__, commands  # noqa: PLC0415 -- from this folder alone
    from regpipe.jq import library  # noqa: PLC0415
    from regpipe.manual import manpages  # noqa: PLC0415
    from regpipe.manual.helptext import Entry  # noqa: PLC0415

    programs = [Entry(one.name, one.help) for one in library.all_programs() if one.bundled]
    seconds = float(os.environ.get("SOURCE_DATE_EPOCH") or time.time())
    release = (__version__, time.strftime("%Y-%m-%d", time.gmtime(seconds)))
    return manpages.pages(release, commands.summaries(), commands.help_of, programs)
