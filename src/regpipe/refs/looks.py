"""What values and documents look like: image references, and Kubernetes objects."""

import re

from regpipe.refs.nodes import MapNode, Node

# A file, as logos and disk images have them.
_FILE = re.compile(
    r".*\.(?:bmp|gif|gz|ico|img|iso|jpe?g|ova|png|qcow2?|raw|svg|tar|vhdx?|vmdk|webp|xz|zip)",
    re.IGNORECASE,
)


def looks_like_reference(text: str) -> bool:
    """Tell whether a text has the marks of a reference: a tag, a digest or a registry."""
    if re.search(r"\s", text) or "://" in text or text.startswith(("/", ".")):
        return False
    head, slash, _ = text.partition("/")
    last = text.rpartition("/")[2]
    if _FILE.fullmatch(text.partition("@")[0]):
        return False
    has_host = bool(slash) and ("." in head or ":" in head or head == "localhost")
    return has_host or "@" in last or ":" in last


def is_object(root: Node) -> bool:
    """Tell whether a document is a Kubernetes object, which says so by two fields."""
    if not isinstance(root, MapNode):
        return False
    return root.scalar("apiVersion") is not None and root.scalar("kind") is not None
