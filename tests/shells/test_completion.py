"""Completion in real shells: keys are pressed, and the line is completed."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from support.cli import run
from support.images import oci
from support.processes import find
from support.scripted import Scripted
from support.terminals import Terminal

TYPED = {
    "a verb": ("regpipe refe\t", "regpipe referrers "),
    "an option": ("regpipe tags --time\t", "regpipe tags --timeout "),
    "a platform": ("regpipe manifests --platform windows\t", "--platform windows/amd64 "),
    "a program": ("regpipe summarize by-c\t", "regpipe summarize by-created "),
    "a topic": ("regpipe help secu\t", "regpipe help security "),
    "a schema": ("regpipe schema repo\t", "regpipe schema repository "),
    "after a pipe": ("regpipe catalog x | regpipe manif\t", "| regpipe manifests "),
    "a file": ("regpipe summarize . recor\t", "regpipe summarize . records.ndjson "),
    "a value": ("regpipe manifests --platform=windows\t", "--platform=windows/amd64 "),
    "a kind": ("regpipe refs --kind docker\t", "--kind dockerfile "),
    "a path": ("regpipe tags oci-archive:recor\t", "oci-archive:records.ndjson "),
    "a source": ("regpipe manifests oci-\t", "regpipe manifests oci-archive:"),
}
SHELLS = {
    "bash": ["--norc", "--noprofile", "-i"],
    "zsh": ["-f", "-i"],
    "fish": ["--no-config", "-i"],
}
LOADING = {
    "bash": "PS1='$ '; bind 'set bell-style none'; source <(regpipe completion bash)",
    "zsh": "PS1='$ '; autoload -U compinit; compinit -D -u; source <(regpipe completion zsh)",
    "fish": "function fish_prompt; echo -n '$ '; end; regpipe completion fish | source",
}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "records.ndjson").touch()
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "TERM": "xterm",
        "PWD": str(tmp_path),
    }


def started(shell: str, environment: Mapping[str, str]) -> Terminal:
    """Return a shell with the completion loaded, whose prompt waits."""
    program = find(shell, debian=True)
    terminal = Terminal([program, *SHELLS[shell]], environment, columns=160)
    terminal.type(f"{LOADING[shell]}; cd '{environment['PWD']}'; printf 'rea%s\\n' dy\n")
    terminal.wait_for("ready")
    terminal.wait_for("$ ")
    return terminal


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("name", TYPED)
def test_a_key_completes(shell: str, name: str, environment: dict[str, str]) -> None:
    keys, shown = TYPED[name]
    with started(shell, environment) as terminal:
        terminal.type(keys)
        terminal.wait_for(shown.rstrip() if shell == "fish" else shown)


@pytest.mark.parametrize("shell", SHELLS)
def test_tags_come_from_the_cache(
    shell: str, environment: dict[str, str], scripted: Scripted
) -> None:
    for tag in ("1.0", "2.0-alpine"):
        scripted.add("team/app", tag, oci(tag))
    run(["tags", f"{scripted.host}/team/app"])
    with started(shell, environment) as terminal:
        terminal.type(f"regpipe manifests {scripted.host}/team/app:2\t")
        terminal.wait_for(f"{scripted.host}/team/app:2.0-alpine")
        terminal.type("\x15")
        terminal.type(f"regpipe tags {scripted.host}/te\t")
        terminal.wait_for(f"{scripted.host}/team/app")
