"""Makes the man pages and the README of the package when that is built.

The man pages and the completion scripts are put in place, and the README's links made absolute.

hatchling calls this (see pyproject.toml); regpipe itself does not. A wheel's data are installed
below the prefix, so that `man` and the shells find them there.
"""

import os
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

_COMPLETION = {
    "regpipe.bash": "share/bash-completion/completions/regpipe",
    "_regpipe": "share/zsh/site-functions/_regpipe",
    "regpipe.fish": "share/fish/vendor_completions.d/regpipe.fish",
}


# A link to a file of this repository, as Markdown writes it.
_RELATIVE = re.compile(r"\]\((?![a-z]+:|#)([^)]+)\)")


class Readme(MetadataHookInterface):
    """Sets the package's long description: README.md.

    Its links lead to $REGPIPE_SOURCE_URL, where the repository's files can be browsed; without that
    they stay as they are.
    """

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the description."""
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        if url := os.environ.get("REGPIPE_SOURCE_URL"):
            text = _RELATIVE.sub(rf"]({url}/\1)", text)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


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
