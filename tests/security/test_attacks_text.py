"""Malicious text: for terminals, parsers and headers; and secrets in messages.

The numbers are rows of the table in test_attacks.py.
"""

import json
import re
from typing import Any

import pytest

from regpipe.errors import RegpipeError, ResponseError
from support import images
from support.attacks import LIMIT, manifest, manifests
from support.blobs import go_json, sha256
from support.cli import TOKEN, USER, run
from support.clients import Canary, registry, transport
from support.responses import (
    Response,
    error,
    json_response,
    redirect,
)
from support.scripted import Scripted

# 23: control characters for the terminal

NASTY = "\x1b]0;owned\x07\u009b31m\u202e\u2066\n\r\u2028end"


def assert_printable(result: Any) -> None:
    text = result.out.decode() + result.err
    assert not [c for c in text if not c.isprintable() and c != "\n"]
    assert "\x1b" not in text


def test_23_control_characters_in_a_label_are_escaped(scripted: Scripted) -> None:
    scripted.add("team/app", "v1", images.classic(labels={"title": NASTY}))
    result = manifests(scripted)
    assert result.records[0]["config"]["config"]["Labels"]["title"] == NASTY
    assert_printable(result)


def test_23_control_characters_in_an_input_are_escaped(scripted: Scripted) -> None:
    record = {"ref": NASTY, "registry": scripted.url, "repository": "a", "tag": NASTY}
    result = run(["manifests"], json.dumps(record) + "\n" + json.dumps(NASTY))
    assert (result.code, len(result.errors)) == (2, 2)
    assert_printable(result)


def test_23_control_characters_in_error_messages_and_tags_are_escaped(scripted: Scripted) -> None:
    scripted.on("/v2/team/app/*", error(404, "MANIFEST_UNKNOWN", NASTY))
    result = manifests(scripted)
    assert len(result.errors) == 1
    assert_printable(result)
    scripted.on("/v2/team/app/tags/list*", json_response({"tags": ["v1", NASTY, "v2"]}))
    result = run(["tags", f"{scripted.url}/team/app"])
    assert [record["tag"] for record in result.records] == ["v1", "v2"]
    assert_printable(result)


def test_23_control_characters_in_warnings_are_escaped(scripted: Scripted) -> None:
    scripted.add("team/app", "v1", images.oci())
    nasty = '299 - "\x1b[31mred", 299 - "plain \\"quoted\\" text", 299 - "\x9bx"'
    scripted.on("/v2/team/app/tags/list*", json_response({"tags": ["v1"]}).plus(Warning=nasty))
    result = run(["tags", f"{scripted.url}/team/app", f"{scripted.url}/team/app"])
    assert_printable(result)
    shown = 'warning: plain "quoted" text'
    assert result.errors == [f"regpipe tags: {scripted.host}: {shown}"]


# 24: invalid and ambiguous JSON


NOT_JSON = {
    "NaN": b'{"a":NaN}',
    "infinity": b'{"a":Infinity}',
    "twice": b'{"schemaVersion":2,"schemaVersion":2}',
    "deep": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "too deep for others": b'{"a":' + b"[" * 200 + b"]" * 200 + b"}",
    "not UTF-8": b'{"a":"\xff"}',
    "BOM": b'\xef\xbb\xbf{"schemaVersion":2}',
    "list": b"[]",
    "null": b"null",
    "empty": b"",
    "cut": b"{",
    "huge number": b'{"a":1e999}',
    "long number": b'{"a":' + b"1" * 5000 + b"}",
    "longer than any double": b'{"a":' + b"1" * 400 + b"}",
    "HTML": b"<html></html>",
}
# Warnings in a config; see test_24_what_is_sloppy_in_a_config_is_a_warning.
SLOPPY = ("twice", "not UTF-8", "BOM")


@pytest.mark.parametrize(
    ("what", "body"),
    [
        pytest.param(what, body, id=f"{what}-{name}")
        for what in ("manifest", "tags", "config")
        for name, body in NOT_JSON.items()
        if what != "config" or name not in SLOPPY
    ],
)
def test_24_invalid_json_is_reported_in_one_line(
    scripted: Scripted, what: str, body: bytes
) -> None:
    if what == "manifest":
        manifest(scripted, body)
    elif what == "tags":
        scripted.on("/v2/team/app/tags/list*", Response(200, body))
    else:
        with_config(scripted, body)
    named = f"{scripted.url}/team/app" + ("" if what == "tags" else ":v1")
    result = run(["tags" if what == "tags" else "manifests", named])
    assert (result.code, result.out, len(result.errors)) == (5, b"", 1)


@pytest.mark.parametrize("name", SLOPPY)
def test_24_what_is_sloppy_in_a_config_is_a_warning(scripted: Scripted, name: str) -> None:
    with_config(scripted, NOT_JSON[name])
    result = run(manifests_of(scripted))
    assert (result.code, len(result.records)) == (0, 1)
    assert "warning: the image config " in result.err


def with_config(scripted: Scripted, body: bytes) -> None:
    document = images.oci().json
    document["config"] |= {"digest": sha256(body), "size": len(body)}
    manifest(scripted, go_json(document))
    scripted.on("/v2/team/app/blobs/*", Response(200, body))


def manifests_of(scripted: Scripted) -> list[str]:
    return ["manifests", f"{scripted.url}/team/app:v1"]


# 26: secrets in messages and traces


def test_26_no_secret_is_shown_by_verbose(
    scripted: Scripted, other: Scripted, capsys: pytest.CaptureFixture[str]
) -> None:
    messages: list[str] = []
    image = scripted.add("team/app", "v1", images.oci())
    assert image.config
    signed = f"{other.url}/blob?X-Amz-Signature={TOKEN}&X-Amz-Security-Token={TOKEN}"
    scripted.on("/v2/team/app/blobs/*", redirect(signed).plus(Set_Cookie=f"session={TOKEN}"))
    other.on("/blob*", Response(200, image.config.data).plus(X_Auth_Token=TOKEN))
    chosen = {"say": messages.append, "trace": messages.append}
    registry(scripted, Canary(), **chosen).blob("team/app", image.config.descriptor(), LIMIT)
    text = "\n".join(messages)
    assert "> Authorization: Bearer [redacted]" in text
    assert "> GET /blob?[redacted] HTTP/1.1" in text
    assert "< Location: " in text
    assert TOKEN not in text
    echo = error(403, "DENIED", f"the token {TOKEN} is not good enough")
    scripted.on("/v2/team/app/blobs/*", echo)
    with pytest.raises(RegpipeError) as caught:
        registry(scripted, Canary(), **chosen).blob("team/app", image.config.descriptor(), LIMIT)
    assert TOKEN not in caught.value.message
    assert capsys.readouterr() == ("", "")


def test_26_a_secret_in_a_url_is_not_shown(scripted: Scripted) -> None:
    location = f"ftp://{USER}:{TOKEN}@127.0.0.1/x?sig={TOKEN}"
    scripted.on("/v2/x", redirect(location))
    with pytest.raises(RegpipeError) as caught:
        transport().get(f"{scripted.url}/v2/x", limit=LIMIT)
    assert TOKEN not in caught.value.message


def test_26_the_form_of_a_token_request_is_not_shown(scripted: Scripted) -> None:
    messages: list[str] = []
    scripted.on("/token", json_response({"token": TOKEN}))
    client = transport(trace=messages.append)
    headers = {"Authorization": f"Basic {TOKEN}"}
    client.token_exchange(
        "POST", f"{scripted.url}/token", headers, f"x={TOKEN}".encode(), scripted.url
    )
    assert "POST /token" in "".join(messages)
    assert TOKEN not in "".join(messages)


# 27: line breaks in headers and request lines


@pytest.mark.parametrize("text", ["a\n", "a\r\nX: y", "a b", "a\t", "a\x00", "ä", "a\u2028"])
@pytest.mark.parametrize("place", ["tag", "repository", "registry"])
def test_27_an_input_cannot_break_a_line(scripted: Scripted, text: str, place: str) -> None:
    record = {"registry": scripted.url, "repository": "team/app", "tag": "v1"}
    record[place] += text
    result = run(["manifests"], json.dumps(record))
    assert result.code == 2
    assert scripted.requests == []


@pytest.mark.parametrize("last", ["a b", "a\tb", "ä", "a HTTP/1.1"])
def test_27_a_next_page_cannot_break_a_line(scripted: Scripted, last: str) -> None:
    link = f'</v2/team/app/tags/list?last={last}>; rel="next"'
    page = Response(raw=page_with(link))
    scripted.on("/v2/team/app/tags/list*", page, json_response({"tags": ["v2"]}))
    result = run(["tags", f"{scripted.url}/team/app"])
    assert [record["tag"] for record in result.records][:1] == ["v1"]
    assert all(re.fullmatch(r"/[!-~]+", request.target) for request in scripted.requests)
    if " " in last:
        assert len(scripted.requests) == 1
        assert "is not a valid HTTP URL" in result.err


def page_with(link: str) -> bytes:
    """Return a page of tags with a Link header of any characters."""
    body = b'{"tags":["v1"]}'
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nLink: {link}\r\n\r\n"
    return head.encode("latin-1") + body


@pytest.mark.parametrize(
    "value", ["Bearer a\r\nX: y", "Bearer a\nX: y", "Bearer a\x00", "Bearer ä"]
)
def test_27_a_token_cannot_break_a_line(scripted: Scripted, value: str) -> None:
    with pytest.raises(ResponseError, match="characters that are not allowed in a header"):
        transport(Canary(value)).get(f"{scripted.url}/v2/", limit=LIMIT)
    with pytest.raises(ResponseError, match="characters that are not allowed in a header"):
        transport().token_exchange(
            "GET", f"{scripted.url}/t", {"Authorization": value}, None, scripted.url
        )
    assert scripted.requests == []


@pytest.mark.parametrize(
    "location", ["/a b", "/a\tb", "/ä", "/a%0d%0aX:%20y", "/x?a=b c"], ids=repr
)
def test_27_a_location_cannot_break_a_line(scripted: Scripted, location: str) -> None:
    scripted.on("/v2/", Response(302, headers=(("Location", location),)))
    scripted.on("/[ax%]*", Response())
    transport().get(f"{scripted.url}/v2/", limit=LIMIT)
    _, second = scripted.requests
    assert re.fullmatch(r"/[!-~]+", second.target)
    assert "x" not in second.headers
