"""URLs, their origins, and the targets of redirects."""

import pytest

from regpipe.errors import ResponseError
from regpipe.transport import origins
from regpipe.transport.origins import Origin


@pytest.mark.parametrize(
    ("url", "origin", "target"),
    [
        ("http://a", Origin("http", "a", 80), "/"),
        ("https://A.b:443/x?y=z", Origin("https", "a.b", 443), "/x?y=z"),
        ("http://a:5000?x", Origin("http", "a", 5000), "/?x"),
        ("https://[::1]:5000/v2/", Origin("https", "[::1]", 5000), "/v2/"),
        ("https://my_host/", Origin("https", "my_host", 443), "/"),
    ],
)
def test_a_url_has_an_origin_and_a_target(url: str, origin: Origin, target: str) -> None:
    assert origins.split(url) == (origin, target)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a",
        "//a/",
        "ftp://a/",
        "file:///x",
        "http:///x",
        "http://u@a/",
        "http://u:p@a/",
        "http://a:0/",
        "http://a:65536/",
        "http://a:x/",
        "http://a b/",
        "http://a/b c",
        "http://a/\r\nX: y",
        "http://a/\n",
        "http://a/#x",
        "http://a/ä",
        "http://ä/",
        "http://[a/",
        "http://a\\b/",
        "HTTP://a/",
    ],
)
def test_anything_else_is_not_requested(url: str) -> None:
    with pytest.raises(ResponseError):
        origins.split(url)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://a", "https://a"),
        ("http://a", "http://a:81"),
        ("https://a", "https://a."),
        ("https://a", "https://a.b"),
        ("http://127.0.0.1:5000", "http://localhost:5000"),
    ],
)
def test_these_are_different_origins(one: str, other: str) -> None:
    assert origins.split(one)[0] != origins.split(other)[0]


@pytest.mark.parametrize(
    ("url", "location", "target"),
    [
        ("http://a/v2/x", "/y", "http://a/y"),
        ("http://a/v2/x", "y?z", "http://a/v2/y?z"),
        ("http://a/v2/x", "//b/y", "http://b/y"),
        ("http://a/v2/x", "https://b/y#z", "https://b/y"),
        ("http://a/v2/x", " /y z ", "http://a/y%20z"),
        ("http://a/v2/x", "/ä", "http://a/%C3%A4"),
        ("http://a/v2/x", "/a%2Fb", "http://a/a%2Fb"),
    ],
)
def test_a_location_is_resolved(url: str, location: str, target: str) -> None:
    assert origins.redirected(url, location) == target


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://a/b?c=d", "http://a/b"),
        ("http://u:p@a/b#c", "http://a/b"),
        ("https://a?x=http://y/z", "https://a"),
        ("ftp://u:p@a", "ftp://a"),
        ("x" * 500, "x" * 200),
    ],
)
def test_a_message_shows_nothing_secret_of_a_url(url: str, shown: str) -> None:
    assert origins.without_query(url) == shown


BROKEN = ["http://[::1/x", "//[x]/y", "http://a]b/", "http://[", "//[::1%eth0"]


@pytest.mark.parametrize("target", BROKEN)
def test_what_cannot_be_a_url_is_an_error_of_the_response(target: str) -> None:
    for join in (origins.joined, origins.redirected):
        with pytest.raises(ResponseError, match="is not a valid"):
            join("http://a.test/v2/", target)


def test_a_broken_url_is_shown_without_its_secrets() -> None:
    with pytest.raises(ResponseError) as caught:
        origins.joined("http://a.test/", "http://u:canary@[::1/x?sig=canary")
    assert "canary" not in caught.value.message
