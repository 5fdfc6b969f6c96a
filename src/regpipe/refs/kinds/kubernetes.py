"""Kubernetes objects and lists of them, as YAML or JSON.

Images are those of containers, image volumes, and the field `image` of custom resources where its
value is written like a reference. Metadata and status are left out, and so are objects that only
carry data.
"""

import re
from collections.abc import Iterator, Mapping

from regpipe.refs import helm_shapes
from regpipe.refs.context import Context, written
from regpipe.refs.items import Image, Unresolved
from regpipe.refs.looks import is_object, looks_like_reference
from regpipe.refs.nodes import (
    ListNode,
    MalformedDocument,
    MapNode,
    Node,
    ScalarNode,
    documents,
)
from regpipe.refs.texts import has_action

READS = "trees"
HINT = b"apiVersion"

_DATA_KINDS = frozenset(
    {"ConfigMap", "CustomResourceDefinition", "Event", "Node", "Secret", "Kustomization"}
)
_OTHER_IMAGES = re.compile(r"infrastructure\.cluster\.x-k8s\.io/|bootstrap\.cluster\.x-k8s\.io/")
"""API groups in which images are those of machines."""
_OUTPUTS = frozenset({"output", "outputs", "annotations", "labels", "metadata"})
"""Fields of custom resources whose images are not taken from a registry."""
_CONTAINERS = re.compile(
    r"(?:.*[cC]ontainers?)(?:Template)?|steps?|stepTemplate|sidecars?|script|container(?:Set)?"
)
"""Fields whose value is a container, or a list of containers."""
_OF_CONTAINERS = frozenset({"args", "command", "env", "envFrom", "ports", "volumeMounts"})
_PLACEHOLDERS = frozenset({"", "auto"})
"""Values that stand for an image that the cluster puts in: OpenShift's and Istio's."""
_PARAMETER = re.compile(r"\$\{\{(\w+)\}\}")
_LATER = re.compile(r"\$\(([^)]*)\)")
"""Tekton's parameters, and Kubernetes' own variables."""
_BUILT = "ko://"
"""The image is built from this source."""


def claims(path: str) -> bool:  # noqa: ARG001 -- the functions of all kinds are the same
    """Tell that no name of a file says so."""
    return False


def recognizes(root: Node) -> bool:
    """Tell whether a document is an object, or a list of objects."""
    if isinstance(root, ListNode):
        return bool(root.items) and all(recognizes(item) for item in root.items)
    version = root.scalar("apiVersion") if isinstance(root, MapNode) else None
    return is_object(root) and version is not None and not version.text.startswith("kustomize.")


def references(root: Node, context: Context) -> Iterator[Image | Unresolved]:
    """Yield the images of an object, or of each object of a list."""
    for node, variables in _objects(root, context.variables):
        kind, version = node.scalar("kind"), node.scalar("apiVersion")
        is_data = kind is not None and kind.text in _DATA_KINDS
        if not is_data and not (version and _OTHER_IMAGES.match(version.text)):
            visitor = _Visitor(variables)
            for key, value in node.pairs:
                if key not in ("metadata", "status"):
                    yield from visitor.images(value, key or "")


def _objects(
    node: Node, variables: Mapping[str, str]
) -> Iterator[tuple[MapNode, Mapping[str, str]]]:
    """Yield the objects of lists and templates, each with the variables in it."""
    if isinstance(node, MapNode):
        kind = node.scalar("kind")
        if kind and kind.text.endswith("List") and isinstance(node.get("items"), ListNode):
            node = node.get("items") or node
        elif kind and kind.text == "Template" and node.items("objects"):
            variables = {**_parameters(node), **variables}
            node = node.get("objects") or node
    if isinstance(node, ListNode):
        for item in node.items:
            yield from _objects(item, variables)
    elif isinstance(node, MapNode):
        yield node, variables


def _parameters(template: MapNode) -> dict[str, str]:
    """Return the parameters of an OpenShift template that have a value."""
    values = {}
    for parameter in template.items("parameters"):
        if isinstance(parameter, MapNode):
            name, value = parameter.scalar("name"), parameter.scalar("value")
            if name and value:
                values[name.text] = value.text
    return values


class _Visitor:
    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def images(self, node: Node, key: str) -> Iterator[Image | Unresolved]:
        """Yield the images in the value of a key."""
        if isinstance(node, ListNode):
            for item in node.items:
                yield from self.images(item, key)
        elif isinstance(node, MapNode):
            yield from self._of_map(node, key)

    def _of_map(self, node: MapNode, key: str) -> Iterator[Image | Unresolved]:
        for name, value in node.pairs:
            if name in _OUTPUTS:
                continue
            if isinstance(value, ScalarNode):
                yield from self._of_scalar(node, key, name or "", value)
            elif name == "image" and isinstance(value, MapNode):
                yield from self._in_fields(value)
            elif name in ("values", "valuesObject") and isinstance(value, MapNode):
                yield from helm_shapes.images(value, self._variables)
            elif name == "images" and key == "kustomize":  # Argo CD
                for item in value.items if isinstance(value, ListNode) else []:
                    yield from self._replacement(item)
            else:
                yield from self.images(value, name or "")

    def _of_scalar(
        self, node: MapNode, key: str, name: str, value: ScalarNode
    ) -> Iterator[Image | Unresolved]:
        """Yield the images in a scalar: `name` is its key in `node`, and `key` that of `node`."""
        if name == "image":
            names = {name for name, _ in node.pairs}
            is_sure = bool(_CONTAINERS.fullmatch(key)) or bool(names & _OF_CONTAINERS)
            yield from self._image(value, is_sure=is_sure)
        elif name == "values" and key == "helm":  # Argo CD
            yield from self._embedded_values(value)
        elif name == "manifest":  # Argo Workflows
            yield from self._embedded(value)
        elif _names_image(node, name, value):
            yield from self._image(value, is_sure=False)

    def _embedded(self, node: ScalarNode) -> Iterator[Image | Unresolved]:
        """Yield the images of objects in a block scalar, whose text begins on the next line."""
        for root in documents(node.text) if HINT in node.text.encode() else ():
            if not isinstance(root, MalformedDocument):
                for item in self.images(root, ""):
                    yield item._replace(line=node.line + item.line, column=0)

    def _embedded_values(self, node: ScalarNode) -> Iterator[Image | Unresolved]:
        """Yield the images of a chart's values in a block scalar."""
        for root in documents(node.text):
            if isinstance(root, MalformedDocument):
                reason = "these values of a chart are malformed YAML"
                yield Unresolved(node.line + root.line, "values", reason)
                continue
            for item in helm_shapes.images(root, self._variables):
                yield item._replace(line=node.line + item.line, column=0)

    def _replacement(self, node: Node) -> Iterator[Image | Unresolved]:
        """Yield the image of an Argo CD application's `[NAME=]IMAGE`, as kustomize takes it."""
        if not isinstance(node, ScalarNode) or node.is_null or not node.text.strip():
            return
        text = node.text.strip().rpartition("=")[2]
        if any(mark in text.rpartition("/")[2] for mark in ":@"):
            yield written(node.line, text, self._variables)
        else:
            reason = "its tag is in the resources: kustomize build DIR | regpipe refs -"
            yield Unresolved(node.line, text, reason)

    def _in_fields(self, image: MapNode) -> Iterator[Image | Unresolved]:
        reference = image.scalar("reference") or image.scalar("ref")
        if reference:
            yield from self._image(reference, is_sure=True)
            return
        found = MapNode(image.line)
        found.pairs = [("image", image)]
        yield from helm_shapes.images(found, self._variables)

    def _image(self, node: ScalarNode, *, is_sure: bool) -> Iterator[Image | Unresolved]:
        text = node.text.strip().removeprefix("docker://")
        if node.is_null or text in _PLACEHOLDERS or text.startswith(_BUILT):
            return
        later = _LATER.search(text)
        if later:
            reason = f"{later[1]} gets its value in the cluster"
            yield Unresolved(node.line, text, reason, column=node.column)
            return
        has_variable = "$" in text or has_action(text)
        if is_sure or has_variable or looks_like_reference(text):
            found = written(node.line, _PARAMETER.sub(r"${\1}", text), self._variables)
            yield found._replace(text=text, column=node.column)


def _names_image(node: MapNode, name: str, value: ScalarNode) -> bool:
    """Tell whether a scalar is an image by a convention other than its name `image`."""
    if name == "imageName":  # CloudNativePG
        return looks_like_reference(value.text)
    if name == "value":  # operators
        variable = node.scalar("name")
        return variable is not None and variable.text.startswith("RELATED_IMAGE_")
    if name == "name":  # OpenShift's builds and image streams
        kind = node.scalar("kind")
        return kind is not None and kind.text == "DockerImage"
    return name == "url" and value.text.startswith("docker://")  # KubeVirt
