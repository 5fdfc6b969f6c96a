"""A page of docs, divided into blocks."""

from regpipe.manual import markdown
from regpipe.manual.markdown import Code, Heading, Items, Paragraph, Table

PAGE = """\
# A title

Two lines of
a paragraph with a [link](other.md) and **bold** words.

- an item
  that goes on
- another with `code | more`

| name | meaning |
|---|---|
| `a` | a pipe: `x \\| y` |

![a picture](picture.png)

```sh
regpipe tags x

# stays
```

    indented

## A section
Text right below.
"""


def test_the_blocks_of_a_page() -> None:
    assert markdown.parse(PAGE) == [
        Heading(1, "A title"),
        Paragraph("Two lines of a paragraph with a [link](other.md) and **bold** words."),
        Items((("-", "an item that goes on"), ("-", "another with `code | more`"))),
        Table(("name", "meaning"), (("`a`", "a pipe: `x \\| y`"),)),
        Code(("regpipe tags x", "", "# stays")),
        Code(("indented",)),
        Heading(2, "A section"),
        Paragraph("Text right below."),
    ]


def test_plain_text_has_no_marks_but_those_of_code() -> None:
    assert markdown.plain("a [link](b.md), **bold**, `code` and `x \\| y`") == (
        "a link, bold, `code` and `x | y`"
    )
