"""Text made safe and short for people: messages on one line, without passwords."""


def printable(text: str) -> str:
    """Return a message on one line, with nothing in it that a terminal would obey or reorder."""
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return without_password(shown)


def without_password(text: str) -> str:
    """Return text in which no URL or reference shows a user name and password.

    That is what is before the last `@` in `https://user:password@host` and, without a scheme, in
    `user:password@host/repository`. A digest after an `@` is kept, and so is what precedes it.
    """
    if "@" not in text:
        return text
    import re  # noqa: PLC0415 -- its import is a part of every start's cost

    return re.sub(r"\S+", lambda word: _redacted(word[0]) if "@" in word[0] else word[0], text)


def quoted(value: object, limit: int = 80) -> str:
    """Quote something untrusted for a message: ASCII, no passwords, at most `limit` characters."""
    if not isinstance(value, str):
        text = ascii(value)
        return text if len(text) <= limit else text[: limit - 3] + "..."
    text = without_password(value)
    return ascii(text if len(text) <= limit else text[: limit - 3] + "...")


_OPENING = "'\"`([{<"
_CLOSING = "'\"`)]}>.,:;!?…"
# Paths of local sources may have an `@` anywhere, and names in them positions, as in `:@0`.
_LOCAL = ("oci:", "oci-archive:", "docker-archive:")
_LONG = 10_000
"""A word of more characters is not looked at closely."""
_ALGORITHM = r"[a-z0-9]+(?:[+._-][a-z0-9]+)*"
_KNOWN = r"(?:sha|blake|md)[0-9]+"


def _redacted(word: str) -> str:
    """Return a word (a text without white space) without a password."""
    start, scheme = len(word) - len(word.lstrip(_OPENING)), False
    if word.startswith(_LOCAL, start):
        return word
    if "://" in word or word.startswith("//", start):
        start, scheme = word.index("//") + 2, True
    at = len(word)
    if at > _LONG:
        return f"{word[:start]}[redacted]{word[word.rindex('@') :]}"
    while (at := word.rfind("@", start, at)) >= 0:
        before = word[start:at]
        if _is_digest(word[at + 1 :], whole="/" not in before):
            continue
        if scheme or (":" in before and before != ":"):
            return f"{word[:start]}[redacted]{word[at:]}"
        return word
    return word


def _is_digest(text: str, *, whole: bool) -> bool:
    """Tell whether what follows an `@` is a digest, maybe a malformed one, and not `host:port`.

    Args:
        text: the rest of the word.
        whole: whether the algorithm must be a known one, or what is encoded must be long: what
            precedes the `@` could be a user name and a password.
    """
    import re  # noqa: PLC0415

    text = text.rstrip(_CLOSING)
    if re.fullmatch(rf"{_KNOWN}(?:\W[^/@]*)?", text):
        return True
    encoded = "[A-Za-z0-9=_-]{20,}" if whole else "(?![0-9]{1,5}$)[A-Za-z0-9=_-]+"
    return re.fullmatch(rf"{_ALGORITHM}:{encoded}", text) is not None
