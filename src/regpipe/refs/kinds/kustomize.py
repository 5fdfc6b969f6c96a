"""Kustomizations: the `images` that replace those of resources.

As https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/images/ says; also in
Flux's Kustomization objects.
"""

from collections.abc import Iterator

from regpipe.refs.context import Context, written
from regpipe.refs.items import Item, Unresolved
from regpipe.refs.nodes import MapNode, Node, ScalarNode

READS = "trees"
HINT = b"kustomize."
_NAMES = frozenset({"kustomization.yaml", "kustomization.yml", "kustomization"})
_GROUPS = ("kustomize.config.k8s.io/", "kustomize.toolkit.fluxcd.io/")


def claims(path: str) -> bool:
    """Tell whether a file is called kustomization.yaml, kustomization.yml or Kustomization."""
    return path.rpartition("/")[2].lower() in _NAMES


def recognizes(root: Node) -> bool:
    """Tell whether a document is of one of the API groups of Kustomizations."""
    version = root.scalar("apiVersion") if isinstance(root, MapNode) else None
    return version is not None and version.text.startswith(_GROUPS)


def references(root: Node, context: Context) -> Iterator[Item]:
    """Yield the images that the ones of the resources are replaced with."""
    if not isinstance(root, MapNode):
        return
    spec = root.mapping("spec")
    for image in root.items("images") + (spec.items("images") if spec else []):
        if isinstance(image, MapNode):
            yield from _image(image, context)


def _image(image: MapNode, context: Context) -> Iterator[Item]:
    name, new_name = image.scalar("name"), image.scalar("newName")
    tag, digest = image.scalar("newTag"), image.scalar("digest")
    base = new_name or name
    if base is None or not (new_name or tag or digest):
        return
    text = base.text
    text += f":{tag.text}" if tag and tag.text else ""
    text += f"@{digest.text}" if digest and digest.text else ""
    is_whole = bool(new_name) and any(mark in text.rpartition("/")[2] for mark in ":@")
    if not (tag or digest or is_whole):
        reason = "its tag is in the resources: kustomize build DIR | regpipe refs -"
        yield Unresolved(base.line, text, reason, column=base.column)
    elif tag and _is_number(tag):
        reason = f"its newTag {tag.text} is a number, which kustomize refuses: put it in quotes"
        yield Unresolved(base.line, text, reason, column=base.column)
    else:
        yield written(base.line, text, context.variables, column=base.column)


def _is_number(node: ScalarNode) -> bool:
    if not node.is_plain:
        return False
    try:
        float(node.text)
    except ValueError:
        return False
    return True
