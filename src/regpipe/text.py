"""Text made safe and short for people: messages on one line, without passwords."""


def printable(text: str) -> str:
    """Return a message on one line, with nothing in it that a terminal would obey or reorder."""
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return without_password(shown) if "@" in shown else shown


def without_password(text: str) -> str:
    """Return text in which no URL shows a user name and password (`https://user:password@host`)."""
    import re  # noqa: PLC0415 -- its import is a part of every start's cost

    return re.sub(r"(?<=//)[^/@\s]*@", "[redacted]@", text)


def quoted(value: object, limit: int = 80) -> str:
    """Quote something untrusted for a message: ASCII, no passwords, at most `limit` characters."""
    if not isinstance(value, str):
        text = ascii(value)
        return text if len(text) <= limit else text[: limit - 3] + "..."
    text = without_password(value)
    return ascii(text if len(text) <= limit else text[: limit - 3] + "...")
