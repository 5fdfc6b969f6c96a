"""Pages of docs as text for a terminal."""

import pytest

from regpipe.manual import markdown, text, topics


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("topic", topics.names())
def test_no_line_but_code_is_wider_than_the_terminal(topic: str, width: int) -> None:
    blocks = topics.page(topic)
    assert blocks
    for line in text.page(blocks, width).splitlines():
        # A word that is longer stays whole, and so do lines of code.
        assert len(line) <= width or line.startswith("    ") or " " not in line.strip(), line


def test_a_wide_table_becomes_a_list() -> None:
    (table,) = markdown.parse("| name | meaning |\n|---|---|\n| `a` | what it is |\n| b | c |\n")
    assert text.page([table], 15) == "name  meaning\n`a`   what it\n      is\nb     c\n"
    assert text.page([table], 80) == "name  meaning\n`a`   what it is\nb     c\n"
    assert text.page([table], 12) == "  `a`\n    what it\n    is\n  b\n    c\n"
