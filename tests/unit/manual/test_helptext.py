"""A verb's help, divided into its parts."""

import pytest

from regpipe import commands
from regpipe.manual import helptext

TEXT = """\
usage: regpipe sample [OPTION…]
       regpipe sample --other

What it does, in a sentence
that goes on.

Options:
  what they are for

  -j, --jobs N       how many, which
                     goes on (default: 8)
  --a-very-long-option VALUE
                     the help below
      --plain        a switch

examples:
  regpipe sample -j 2 | jq .
"""


def test_the_parts_of_a_help_page() -> None:
    text = helptext.parse(TEXT)
    assert text.usage == ("regpipe sample [OPTION…]", "regpipe sample --other")
    assert text.paragraphs == ("What it does, in a sentence that goes on.",)
    assert text.examples == ("regpipe sample -j 2 | jq .",)
    (group,) = text.groups
    assert (group.title, group.note) == ("Options", "what they are for")
    assert [(entry.name, entry.help) for entry in group.entries] == [
        ("-j, --jobs N", "how many, which goes on (default: 8)"),
        ("--a-very-long-option VALUE", "the help below"),
        ("--plain", "a switch"),
    ]


def test_an_option_is_found_by_each_of_its_names() -> None:
    text = helptext.parse(TEXT)
    for name in ("-j", "--jobs"):
        entry = text.option(name)
        assert entry is not None
        assert (entry.options, entry.values) == (("-j", "--jobs"), ("N",))
    switch = text.option("--plain")
    assert switch is not None
    assert switch.values == ()
    assert text.option("--none") is None


@pytest.mark.parametrize("verb", commands.summaries())
def test_every_verb_has_a_usage_a_description_and_options_with_help(verb: str) -> None:
    text = helptext.parse(commands.help_of(verb))
    assert text.usage[0].startswith(f"regpipe {verb}")
    assert text.paragraphs
    assert text.option("--help") is not None
    entries = [entry for group in text.groups for entry in group.entries]
    assert [entry.name for entry in entries if not entry.help] == []
