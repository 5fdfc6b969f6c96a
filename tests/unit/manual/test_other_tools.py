"""Words of other tools lead to what does the job here."""

import re

import pytest

from regpipe import commands
from regpipe.manual import other_tools


@pytest.mark.parametrize("verb", other_tools.VERBS)
def test_what_is_advised_exists(verb: str) -> None:
    known = {*commands.summaries(), "--version"}
    assert verb not in known
    advised = re.findall(r"regpipe (--?\w+|\w+)", other_tools.VERBS[verb])
    assert {word for word in advised if word not in ("itself", "only", "does", "uses")} <= known


def test_a_mistyped_word_is_recognized() -> None:
    assert other_tools.closest("manifest", ["manifests", "tags"]) == "manifests"
    assert other_tools.closest("xyz", ["manifests", "tags"]) == ""
