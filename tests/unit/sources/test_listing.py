"""Link headers (RFC 8288)."""

import pytest

from regpipe.errors import ResponseError
from regpipe.sources.listing import next_page

URL = "https://registry.test:5000/v2/a/tags/list?n=2"
NEXT = "https://registry.test:5000/v2/a/tags/list?n=2&last=b"


@pytest.mark.parametrize(
    "link",
    [
        '</v2/a/tags/list?n=2&last=b>; rel="next"',
        "</v2/a/tags/list?n=2&last=b>;rel=next",
        '<?n=2&last=b>; rel="next"',
        '<https://registry.test:5000/v2/a/tags/list?n=2&last=b>; rel="next"',
        '<http://registry.test:5000/v2/a/tags/list?n=2&last=b>; rel="next"',
        '<//registry.test:5000/v2/a/tags/list?n=2&last=b>; REL="NEXT"',
        '</x>; rel="prev", </v2/a/tags/list?n=2&last=b>; rel="next"',
        '</x>; rel="previous first",</v2/a/tags/list?n=2&last=b>; rel="last next"',
        '</v2/a/tags/list?n=2&last=b#part>; title="a, b; rel=prev"; rel="next"',
        '</v2/a/tags/list?n=2&last=b>; title="\\"; rel=\\"prev"; rel="next"',
        '</v2/a/tags/list?n=2&last=b> ; foo ; rel = "next" ; bar=baz',
        "</v2/a/tags/list?n=2&last=b>",
        '<?n=2&last=b>; title="more"',
        '</x>, </v2/a/tags/list?n=2&last=b>; rel="next"',
        '</x>; rel="up"; rel="next", </v2/a/tags/list?n=2&last=b>; rel="next"; rel="up"',
    ],
)
def test_the_next_page_is_found(link: str) -> None:
    assert next_page(link, URL) == NEXT


def test_the_url_may_contain_commas_and_semicolons() -> None:
    link = '</v2/a/tags/list?last=a;b,c&n=2>; rel="next"'
    assert next_page(link, URL) == "https://registry.test:5000/v2/a/tags/list?last=a;b,c&n=2"


@pytest.mark.parametrize(
    "link",
    [
        "",
        '</x>; rel="prev"',
        '</x>; rel=""',
        "</x>, </y>",
        '</x>; title="next", </y>; rel="prev"',
        '</x>; rel="nextish"',
        "<>",
        "<#top>",
        "nonsense",
    ],
)
def test_there_is_no_next_page(link: str) -> None:
    assert next_page(link, URL) is None


@pytest.mark.parametrize(
    "link",
    [
        '<https://other.test/v2/a/tags/list>; rel="next"',
        '<//other.test/v2/a/tags/list>; rel="next"',
        '<https://registry.test/v2/a/tags/list>; rel="next"',
        '<https://registry.test:5001/x>; rel="next"',
        '<http://registry.test/x>; rel="next"',
        '<https://u:p@registry.test:5000/x>; rel="next"',
        '<https://registry.test:5000.evil.test/x>; rel="next"',
        '<ftp://registry.test:5000/x>; rel="next"',
        '<javascript:x>; rel="next"',
    ],
)
def test_the_next_page_must_be_on_the_same_origin(link: str) -> None:
    with pytest.raises(ResponseError, match="incomplete"):
        next_page(link, URL)


def test_a_malformed_header_is_not_the_end_of_the_list() -> None:
    with pytest.raises(ResponseError, match="incomplete"):
        next_page("/v2/a/tags/list?last=b; rel=next", URL)


@pytest.mark.parametrize("part", ["<", "<>", ';a="', "<a>;a=", "<a>; a ", '<>;"\\'])
def test_a_long_header_takes_linear_time(part: str) -> None:
    # In quadratic time, half a megabyte would take hours.
    next_page(part * (500_000 // len(part)), URL)
