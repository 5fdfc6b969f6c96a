"""Link headers (RFC 8288), and lists without an end."""

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from regpipe.errors import ResponseError, TooLargeError
from regpipe.sources import listing
from regpipe.sources.listing import Listing, next_page
from regpipe.transport import Response, bounds
from regpipe.transport.bounds import Pages

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


@pytest.mark.parametrize("target", ["http://[::1/x", "//[x]/y", "http://a]b/", "//["])
def test_a_next_page_that_is_no_url_is_an_error(target: str) -> None:
    with pytest.raises(ResponseError, match="is not a valid URL"):
        next_page(f'<{target}>; rel="next"', URL)


def test_a_malformed_header_is_not_the_end_of_the_list() -> None:
    with pytest.raises(ResponseError, match="incomplete"):
        next_page("/v2/a/tags/list?last=b; rel=next", URL)


@pytest.mark.parametrize("part", ["<", "<>", ';a="', "<a>;a=", "<a>; a ", '<>;"\\'])
def test_a_long_header_takes_linear_time(part: str) -> None:
    # In quadratic time, half a megabyte would take hours.
    next_page(part * (500_000 // len(part)), URL)


class Registry:
    """A transport whose pages of tags never end.

    Args:
        page: the tags of a page, by its number from 0.
        seconds: how long each request takes.
    """

    def __init__(self, page: Callable[[int], list[str]], seconds: float = 0.0) -> None:
        self.requests = 0
        self.now = 0.0
        self._page = page
        self._seconds = seconds

    def get(self, url: str, **_: object) -> Response:
        number, self.requests = self.requests, self.requests + 1
        self.now += self._seconds
        body = json.dumps({"tags": self._page(number), "page": number}).encode()
        link = f'<https://r.test/v2/a/tags/list?page={number}>; rel="next"'
        return Response(200, {"link": link}, body, url)

    def warn(self, *_: object) -> None:
        pass

    def tags(self) -> Iterator[str]:
        transport: Any = self
        url = "https://r.test/v2/a/tags/list"
        return iter(Listing(transport, url, "tags", "", clock=lambda: self.now))


ENDLESS: dict[str, Callable[[int], list[str]]] = {
    "the same page": lambda _: ["v1", "v2"],
    "two pages in turn": lambda number: [f"v{number % 2}"],
    "a hundred pages in turn": lambda number: [f"v{number % 100}"],
    "no tags": lambda _: [],
    "a tag of the page before": lambda number: ["v1"] if number % 2 else [],
}


@pytest.mark.parametrize("page", ENDLESS.values(), ids=ENDLESS.keys())
def test_pages_that_add_nothing_new_end_the_list(page: Callable[[int], list[str]]) -> None:
    registry = Registry(page)
    found = []
    with pytest.raises(TooLargeError, match="more than 20 pages in a row with nothing new: the"):
        found += list(itertools.islice(registry.tags(), 1000))
    assert registry.requests <= 100 + bounds.NAMES.stale + 1


def test_each_name_is_yielded_once_though_pages_overlap() -> None:
    registry = Registry(lambda number: [f"v{number}", f"v{number + 1}", f"v{number}"])
    names = list(itertools.islice(registry.tags(), 500))
    assert names == [f"v{number}" for number in range(500)]


@pytest.mark.parametrize(
    ("limits", "seconds", "message"),
    [
        (bounds.NAMES._replace(number=50), 0.0, "50 pages"),
        (bounds.NAMES._replace(size=2000), 0.0, "2000 bytes"),
        (bounds.NAMES, 120.0, "3600 seconds of requests"),
    ],
)
def test_pages_with_ever_new_names_end_too(
    monkeypatch: pytest.MonkeyPatch, limits: Pages, seconds: float, message: str
) -> None:
    monkeypatch.setattr(bounds, "NAMES", limits)
    registry = Registry(lambda number: [f"v{number}"], seconds)
    with pytest.raises(TooLargeError, match=f"^the list of tags has more than {message}: the"):
        list(registry.tags())
    assert 10 < registry.requests < 100


def test_the_time_in_which_names_are_used_does_not_count() -> None:
    registry = Registry(lambda number: [f"v{number}"], 1.0)
    for name in itertools.islice(registry.tags(), 1000):
        registry.now += 1000
        assert name


def test_what_is_remembered_of_a_list_is_bounded() -> None:
    recent = listing._Recent(100)
    assert recent.add(["a", "b", "a"]) == ["a", "b"]
    assert recent.add(["b", "c"]) == ["c"]
    for number in range(1000):
        recent.add([f"{number}.{i}" for i in range(10)])
    assert len(recent._known) == 100
    assert recent.add(["a"]) == ["a"]
