"""Other registry clients, whose output regpipe's is compared with."""

import json
import subprocess
from pathlib import Path
from typing import Any

from support.processes import find
from support.servers import Registry


class Peer:
    """A client for one registry over plain http.

    Args:
        program: `crane`, `oras`, `regctl` or `skopeo`; the test is skipped if it is not installed.
        registry: the registry it connects to.
    """

    def __init__(self, program: str, registry: Registry) -> None:
        self._program = program
        self._path = find(program, debian=program == "skopeo")
        self._host = registry.host

    def __call__(self, *arguments: object, cwd: Path | None = None) -> bytes:
        """Run it; return what it prints."""
        options = {
            "crane": ["--insecure"],
            "oras": ["--plain-http"],
            "regctl": ["--host", f"reg={self._host},tls=disabled"],
            "skopeo": [],
        }[self._program]
        command = [self._path, *map(str, arguments), *options]
        done = subprocess.run(command, cwd=cwd, capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, f"{command}: {done.stderr.decode()}"
        return done.stdout

    def json(self, *arguments: object) -> Any:
        """Run it; return what it prints, parsed."""
        return json.loads(self(*arguments))
