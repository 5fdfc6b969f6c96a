"""What `-v` shows, and what it does not."""

import pytest

from regpipe.transport.messages import Response
from regpipe.transport.trace import Trace, shown_url


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET /v2/a/tags/list?n=1000 HTTP/1.1", "GET /v2/a/tags/list?n=1000 HTTP/1.1"),
        ("GET /v2/a/tags/list?last=b&n=2 HTTP/1.1", "GET /v2/a/tags/list?last=b&n=2 HTTP/1.1"),
        ("GET /token?service=a&scope=b HTTP/1.1", "GET /token?service=a&scope=b HTTP/1.1"),
        ("GET /x?X-Amz-Signature=s HTTP/1.1", "GET /x?[redacted] HTTP/1.1"),
        ("GET /x?n=1&sig=s HTTP/1.1", "GET /x?[redacted] HTTP/1.1"),
        ("GET /x?account=me&service=a HTTP/1.1", "GET /x?[redacted] HTTP/1.1"),
        ("GET http://u:p@a/x HTTP/1.1", "GET http://[redacted]@a/x HTTP/1.1"),
        ('</v2/a?n=1&last=b>; rel="next"', '</v2/a?n=1&last=b>; rel="next"'),
    ],
)
def test_a_query_is_shown_only_if_it_is_harmless(text: str, shown: str) -> None:
    assert shown_url(text) == shown


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", "Bearer abc", "Bearer [redacted]"),
        ("authorization", "Basic YTpi", "Basic [redacted]"),
        ("Proxy-Authorization", "Basic YTpi", "Basic [redacted]"),
        ("Cookie", "a=b", "[redacted]"),
        ("Set-Cookie", "a=b", "[redacted]"),
        ("X-Amz-Security-Token", "abc", "[redacted]"),
        ("X-Api-Key", "abc", "[redacted]"),
        ("Location", "https://s3/x?X-Amz-Signature=abc", "https://s3/x?[redacted]"),
        ("WWW-Authenticate", 'Bearer realm="https://a/t"', 'Bearer realm="https://a/t"'),
        ("Content-Type", "text/plain", "text/plain"),
        ("RateLimit-Remaining", "7;w=21600", "7;w=21600"),
    ],
)
def test_a_secret_header_is_named_and_not_shown(name: str, value: str, shown: str) -> None:
    said: list[str] = []
    Trace(print, said.append).request(f"GET / HTTP/1.1\r\n{name}: {value}\r\n\r\n".encode())
    assert said == [f"> GET / HTTP/1.1\n> {name}: {shown}"]
    said.clear()
    response = Response(200, {name.lower(): value}, b"", status_line="HTTP/1.1 200 OK")
    Trace(print, said.append).response(response)
    assert said[0].partition(": ")[2] == shown


def test_nothing_is_reported_without_verbose(capsys: pytest.CaptureFixture[str]) -> None:
    Trace(print, None).request(b"GET / HTTP/1.1\r\n\r\n")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ('299 - "be careful"', ["be careful"]),
        ('299 - "one", 299 - "two"', ["one", "two"]),
        ('299 registry.test "a \\"b\\" \\\\c"', ['a "b" \\c']),
        ('199 - "other"', []),
        ('299 - "bell\x07"', []),
        ('299 - "' + "x" * 5000 + '"', []),
        ("299 - unquoted", []),
        ("", []),
    ],
)
def test_warnings_are_read(value: str, texts: list[str]) -> None:
    said: list[str] = []
    trace = Trace(said.append, None)
    for _ in range(2):
        trace.warnings("a", value, None)
    assert said == [f"a: warning: {text}" for text in texts]
