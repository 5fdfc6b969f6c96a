"""What the body of an error response holds: the registry's own code and message."""

import json

from regpipe.errors import UnauthorizedError
from regpipe.text import printable
from regpipe.transport.messages import Response
from regpipe.transport.trace import secrets_of, without

TEXT_LIMIT = 200
"""Characters of a server's text that are repeated in a message."""

# What registries write with a status of 401 or 403: nothing more than the status.
_STOCK_REFUSALS = (
    "authentication required",
    "unauthorized",
    "unauthorized: authentication required",
    "access to the requested resource is not authorized",
    "requested access to the resource is denied",
)


def diagnosis(body: bytes) -> tuple[str, str]:
    """Read the code and message of an error body; anything may stand in one.

    Besides the specification's form there are `{"message": …}` and plain text (Docker Hub's rate
    limit), and `{"errors":[{"status", "message"}]}` (Artifactory).
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return _plain(body)
    found = document.get("errors") if isinstance(document, dict) else None
    first = found[0] if isinstance(found, list) and found else document
    if not isinstance(first, dict):
        return "", ""
    code, message = first.get("code"), first.get("message")
    if not isinstance(message, str):
        message = first.get("details") if isinstance(first.get("details"), str) else ""
    known = isinstance(code, str) and len(code) <= 64 and code.isascii() and code.isidentifier()
    return code if known and isinstance(code, str) else "", _shortened(message or "")


def _plain(body: bytes) -> tuple[str, str]:
    text = body.decode("utf-8", "replace").strip()
    if not text or text[0] == "<" or "\n" in text:
        return "", ""
    return "", _shortened(text)


def _shortened(text: str) -> str:
    return printable(" ".join(text.split())[:TEXT_LIMIT])


def code_of(body: bytes) -> str:
    """Return the registry's own code in an error body; empty if there is none."""
    return diagnosis(body)[0]


def told(response: Response, sent: str | None) -> tuple[str, str]:
    """Return the code and message of an error response, without what was secret in the request."""
    secrets = secrets_of(sent)
    code, message = diagnosis(response.body)
    return without(code, secrets), without(message, secrets)


def said(response: Response, sent: str | None) -> UnauthorizedError:
    """Return the registry's own code and message for a refusal, without what is only its status.

    Args:
        response: its status is 401 or 403.
        sent: the Authorization value that it refuses; None if there was none.
    """
    code, message = told(response, sent)
    text = "" if message.lower() in _STOCK_REFUSALS else message
    return UnauthorizedError(text, code=code or "UNAUTHORIZED", status=response.status)
