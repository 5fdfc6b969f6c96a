"""Values of Helm charts: images in one field or in several (see helm_shapes.py)."""

import re
from collections.abc import Iterator

from regpipe.refs import helm_shapes
from regpipe.refs.context import Context
from regpipe.refs.items import Item
from regpipe.refs.looks import is_object
from regpipe.refs.nodes import MapNode, Node

READS = "trees"
HINT = b"repository"
_NAME = re.compile(r"(?:.*[._-])?values(?:[._-].*)?\.ya?ml", re.IGNORECASE)


def claims(path: str) -> bool:
    """Tell whether a file is called values.yaml, values-prod.yaml, prod.values.yml and so on."""
    return _NAME.fullmatch(path.rpartition("/")[2]) is not None


def recognizes(root: Node) -> bool:
    """Tell whether a document has an image in several fields and is not a Kubernetes object."""
    if not isinstance(root, MapNode) or is_object(root):
        return False
    is_test = root.get("suite") is not None  # of a chart, by helm-unittest
    return not is_test and helm_shapes.has_image(root)


def references(root: Node, context: Context) -> Iterator[Item]:
    """Yield the images."""
    return helm_shapes.images(root, context.variables)
