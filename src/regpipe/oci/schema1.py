"""Docker image manifest v2, schema 1: payload of the signed form, and conversion of newer images.

A schema 1 manifest includes the image's configuration: `history[].v1Compatibility` is JSON in a
string, newest first. Registries no longer serve it, which broke programs that read it. `view`
converts newer images to it as distribution 2.8 did (its manifest/schema1/config_builder.go), with
the same ids and parents.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from regpipe.errors import ResponseError, TooLargeError
from regpipe.oci import jws
from regpipe.oci.document import mapping
from regpipe.system.budget import claim

# The blob of every empty layer in schema 1: a gzipped empty tar, which distribution serves.
EMPTY_LAYER = "sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4"

SIGNATURES_LIMIT = 32
"""The most signatures of a manifest: verifying one takes milliseconds. Docker's had one."""
VIEW_LIMIT = 12 << 20
"""How much memory a view takes at most, in bytes, roughly; of a config of 8 MiB it takes 8."""

_ZERO_TIME = "0001-01-01T00:00:00Z"
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d[Tt])(\d?\d)(:\d\d:\d\d)(?:[.,](\d+))?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_SPACE = re.compile(r"[ \t\r\n]")
# Everything but white space outside strings; matches a compact text at once.
_NO_SPACE = re.compile(r'(?:[^" \t\r\n]+|"[^"\\]*(?:\\.[^"\\]*)*")+')
_SCAN = json.JSONDecoder().scan_once  # type: ignore[attr-defined]  # raw_decode takes twice as long


class View(NamedTuple):
    """The fields of a schema 1 manifest."""

    architecture: str
    fs_layers: list[dict[str, str]]
    history: list[dict[str, str]]


def payload(body: bytes, document: Mapping[str, Any]) -> bytes:
    """Return the bytes that a schema 1 manifest's digest and content are computed from.

    For a signed manifest (JWS, `prettyjws`) these are the first `formatLength` bytes of the body
    and the decoded `formatTail`; both are in the `protected` header of every signature. The rest
    of the body is not covered by the digest and must not be used.

    Args:
        body: the manifest as served.
        document: the parsed manifest.

    Returns:
        The payload; the body itself if there are no signatures.

    Raises:
        ResponseError: the signatures are malformed or disagree.
    """
    signatures = document.get("signatures")
    if signatures is None:
        return body
    length, tail = _split(signatures)
    if not 0 < length <= len(body):
        raise _broken("formatLength is out of range: it was altered after signing")
    return body[:length] + tail


def alterations(body: bytes, document: Mapping[str, Any], signed: bytes) -> Iterator[str]:
    """Yield evidence that a schema 1 manifest was altered after signing, as warnings.

    No evidence does not mean unaltered: anybody can sign an altered manifest with another key.

    Args:
        body: the manifest as served.
        document: the parsed manifest.
        signed: its payload.
    """
    signatures = document.get("signatures")
    if not signatures:
        return
    if any(jws.matches(signature, signed) is False for signature in signatures):
        yield "invalid signature: the manifest was altered after signing"
    length, _ = _split(signatures)
    try:
        rest = json.loads(b"{" + body[length:].lstrip().removeprefix(b","))
    except (ValueError, RecursionError):
        rest = None
    if rest is None or list(rest) != ["signatures"]:
        yield "the manifest has unsigned content, which is ignored"


def _split(signatures: object) -> tuple[int, bytes]:
    """Return `formatLength` and `formatTail`, which must be the same in every signature."""
    if not isinstance(signatures, list) or not signatures:
        raise _broken("signatures is not a non-empty list")
    if len(signatures) > SIGNATURES_LIMIT:
        raise _broken(f"it has more than {SIGNATURES_LIMIT} signatures")
    heads = {_protected(signature) for signature in signatures}
    if len(heads) != 1:
        raise _broken("its signatures are for different content")
    return heads.pop()


def _protected(signature: object) -> tuple[int, bytes]:
    encoded = signature.get("protected") if isinstance(signature, dict) else None
    try:
        head = json.loads(jws.base64url(encoded))
        length, tail = head["formatLength"], jws.base64url(head["formatTail"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _broken("a signature's protected header is malformed") from error
    # A bool is an int in Python.
    if type(length) is not int:
        raise _broken("formatLength is not an integer")
    return length, tail


def _broken(why: str) -> ResponseError:
    return ResponseError(f"invalid schema 1 manifest: {why}", code="MANIFEST_INVALID")


def view(config_text: str, config: Mapping[str, Any], layers: Sequence[str]) -> View:
    """Convert an image to schema 1.

    Args:
        config_text: the image config as text; the newest entry keeps its literals.
        config: the parsed image config.
        layers: the digests of the manifest's layers, base first.

    Returns:
        The view, newest entry first. distribution refuses images whose history is missing or does
        not match the layers; here their layers get entries with nothing but id and parent.

    Raises:
        TooLargeError: it would take more than VIEW_LIMIT bytes.
    """
    steps = _steps(config, len(layers))
    # Some characters become six, and each step has ids and a digest.
    escaped = sum(map(config_text.count, _GO_COPIED_CHARACTERS))
    if len(config_text) + 5 * escaped + 1000 * len(steps) > VIEW_LIMIT:
        raise TooLargeError(
            f"the schema 1 view would take more than {VIEW_LIMIT} bytes: leave it out with --no-v1"
        )
    claim(2 * (len(config_text) + 5 * escaped + 1000 * len(steps)))
    base_layer = mapping(config.get("rootfs")).get("base_layer")
    fs_layers: list[dict[str, str]] = []
    history: list[dict[str, str]] = []
    remaining = iter(layers)
    parent = ""
    for i, step in enumerate(steps):
        empty = step.get("empty_layer") is True
        blob = EMPTY_LAYER if empty else next(remaining)
        chain = f"{_encoded(blob)} {parent}"
        if i == len(steps) - 1:
            entry_id = _sha256(f"{chain} {config_text}")
            entry = _newest(config_text, entry_id, parent, throwaway=empty)
        else:
            entry_id = _sha256(chain)
            if i == 0 and isinstance(base_layer, str) and base_layer:
                # Windows: the base layer is not in the manifest, only its name in the config.
                base = base_layer.translate(_GO_SURROGATES).encode()
                parent = hashlib.sha384(base).hexdigest()[:64]
            entry = _older(step, entry_id, parent, throwaway=empty)
        fs_layers.append({"blobSum": blob})
        history.append({"v1Compatibility": entry})
        parent = entry_id
    fs_layers.reverse()
    history.reverse()
    return View(_string(config.get("architecture")), fs_layers, history)


def _steps(config: Mapping[str, Any], layers: int) -> list[Mapping[str, Any]]:
    """Return the config's history, base first, or empty steps if it does not match the layers."""
    history = config.get("history")
    if isinstance(history, list) and history:
        steps: list[Mapping[str, Any]] = [mapping(step) for step in history]
        if sum(step.get("empty_layer") is not True for step in steps) <= layers:
            return steps
    return [{}] * layers or [{"empty_layer": True}]


def _older(step: Mapping[str, Any], entry_id: str, parent: str, *, throwaway: bool) -> str:
    """Encode the entry of any layer but the newest, with the members in the order of Go's."""
    comment, author = _string(step.get("comment")), _string(step.get("author"))
    text = f'"id":"{entry_id}"'
    text += f',"parent":"{parent}"' if parent else ""
    text += f',"comment":{_go_string(comment)}' if comment else ""
    text += f',"created":"{_go_time(step.get("created"))}"'
    text += f',"container_config":{{"Cmd":[{_go_string(_string(step.get("created_by")))}]}}'
    text += f',"author":{_go_string(author)}' if author else ""
    text += ',"throwaway":true' if throwaway else ""
    return f"{{{text}}}"


def _newest(config_text: str, entry_id: str, parent: str, *, throwaway: bool) -> str:
    """Encode the newest entry: the config without rootfs and history, with id and parent."""
    parts = _members(config_text)
    members = {key: _copied(parts[key]) for key in parts.keys() - {"rootfs", "history"}}
    members["id"] = f'"{entry_id}"'
    if parent:
        members["parent"] = f'"{parent}"'
    if throwaway:
        members["throwaway"] = "true"
    # Go sorts a map's keys by bytes, which is code point order.
    return "{" + ",".join(f"{_go_string(key)}:{members[key]}" for key in sorted(members)) + "}"


def _members(text: str) -> dict[str, str]:
    """Split a JSON object's text into its members, each value with its original literals."""
    members: dict[str, str] = {}
    at = _after_space(text, _after_space(text, 0) + 1)
    while text[at] != "}":
        key, at = _SCAN(text, at)
        start = _after_space(text, _after_space(text, at) + 1)
        _, end = _SCAN(text, start)
        members[key] = text[start:end]
        at = _after_space(text, end)
        if text[at] == ",":
            at = _after_space(text, at + 1)
    return members


def _after_space(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at


def _copied(value: str) -> str:
    """Compact and escape a JSON text as Go's encoder does with a json.RawMessage."""
    if _SPACE.search(value):
        value = "".join(_NO_SPACE.findall(value))
    # These characters occur only in strings, so they can be replaced everywhere.
    return _GO_COPIED_CHARACTER.sub(lambda m: _GO_COPIED[ord(m[0])], value)


def _go_time(value: object) -> str:
    """Encode a time as Go's time.Time: no trailing zeros in the fraction, Z for offset zero."""
    match = _TIME.fullmatch(_string(value))
    if not match:
        return _ZERO_TIME
    date, hour, rest, digits, zone = match.groups()
    fraction = (digits or "")[:9].rstrip("0")
    return (
        f"{date.upper()}{hour:0>2}{rest}" + (f".{fraction}" if fraction else "") + _go_offset(zone)
    )


def _go_offset(zone: str) -> str:
    """Encode an offset as hours and minutes, after Go accepted minutes up to 99."""
    minutes = 0 if zone in "Zz" else int(zone[1:3]) * 60 + int(zone[4:])
    return f"{zone[0]}{minutes // 60:02}:{minutes % 60:02}" if minutes else "Z"


def _go_string(text: str) -> str:
    return f'"{_GO_CHARACTER.sub(lambda m: _GO_STRING[ord(m[0])], text)}"'


_GO_COPIED_CHARACTERS = "<>&\u2028\u2029"
_GO_COPIED: dict[int, str] = {ord(c): f"\\u{ord(c):04x}" for c in _GO_COPIED_CHARACTERS}
_GO_SURROGATES: dict[int, str] = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
_GO_STRING: dict[int, str] = (
    {code: f"\\u{code:04x}" for code in range(0x20)}
    | {ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t", ord('"'): '\\"', ord("\\"): "\\\\"}
    | _GO_COPIED
    | _GO_SURROGATES
)
# Few texts have such a character, and searching is much faster than str.translate.
_GO_COPIED_CHARACTER = re.compile(f"[{_GO_COPIED_CHARACTERS}]")
_GO_CHARACTER = re.compile('[\\x00-\\x1f"\\\\<>&\u2028\u2029\\ud800-\\udfff]')


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _encoded(digest: str) -> str:
    return digest.partition(":")[2]


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
