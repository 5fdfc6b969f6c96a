"""The ways in which Helm charts keep an image in their values.

There is no standard. What is taken for an image is what most charts have:

    image: {registry: quay.io, repository: team/app, tag: v1, digest: sha256:…}
    image: {repository: team/app, version: v1}
    image: {name: team/app, tag: v1}
    image: quay.io/team/app:v1
    image: team/app          with its tag beside it: tag, imageTag or version
    app: {repository: team/app, tag: v1}
"""

import re
from collections.abc import Iterator, Mapping

from regpipe.refs.context import RENDER, written
from regpipe.refs.items import Image, Unresolved
from regpipe.refs.looks import looks_like_reference
from regpipe.refs.nodes import ListNode, MapNode, Node, ScalarNode
from regpipe.refs.texts import has_action

_IMAGE_KEY = re.compile(r".*images?[0-9]*", re.IGNORECASE)
_NAMES = ("repository", "repo", "name", "image")
_TAGS = ("tag", "version", "imageTag")
_PULLED = frozenset({"registry", "digest", "sha", "pullPolicy", "imagePullPolicy"})
_NUMBER = re.compile(r"[0-9][0-9_]{,17}(?:\.[0-9]{,17})?(?:[eE][+-]?[0-9]{1,2})?")
_REPOSITORY = re.compile(r"\w[\w.:-]*(?:/[\w.-]+)+")
_OTHER_REPOSITORY = re.compile(r"git(?:hub|lab)\.com/|bitbucket\.org/")
_OF_SOURCES = re.compile(r".*(?:git|chart|source|scm).*", re.IGNORECASE)
_HEX = re.compile("[a-f0-9]{64}")
_NO_TAG = "it has no tag here; the chart gives it one: helm template CHART | regpipe refs -"


def images(root: Node, variables: Mapping[str, str]) -> Iterator[Image | Unresolved]:
    """Yield the images in the values of a chart.

    Args:
        root: the values.
        variables: the variables of the command line.
    """
    if isinstance(root, MapNode):
        common = root.mapping("global")
        registry = common.scalar("imageRegistry") if common else None
        yield from _Values(registry.text if registry else "", variables).images(root, "")


def has_image(root: Node, key: str = "") -> bool:
    """Tell whether there is an image in several fields, which no other kind of file has."""
    if isinstance(root, ListNode):
        return any(has_image(item, key) for item in root.items)
    if not isinstance(root, MapNode):
        return False
    if _is_image(root, key) and root.scalar("repository"):
        return True
    return any(name is not None and has_image(value, name) for name, value in root.pairs)


def _is_image(node: MapNode, key: str) -> bool:
    """Tell whether a mapping is an image: its keys, and the key it is the value of, say so."""
    keys = {name for name, _ in node.pairs}
    names = [name for name in _NAMES if (found := node.scalar(name)) and "://" not in found.text]
    if not names:
        return False
    if _IMAGE_KEY.fullmatch(key):
        return names[0] != "name" or bool(keys & {*_TAGS, *_PULLED})
    return names[0] == "repository" and "tag" in keys and bool(keys & _PULLED)


def _is_repository(node: MapNode, key: str) -> bool:
    """Tell whether a mapping has a tag and the path of a repository, not one of sources."""
    repository, tag = node.scalar("repository"), node.scalar("tag")
    if repository is None or tag is None or not tag.text or _OF_SOURCES.fullmatch(key):
        return False
    is_other = _OTHER_REPOSITORY.match(repository.text)
    return not is_other and _REPOSITORY.fullmatch(repository.text) is not None


class _Values:
    def __init__(self, registry: str, variables: Mapping[str, str]) -> None:
        self._registry = registry
        self._variables = variables

    def images(self, node: Node, key: str) -> Iterator[Image | Unresolved]:
        if isinstance(node, ListNode):
            for item in node.items:
                yield from self.images(item, key)
        elif isinstance(node, MapNode):
            if _is_image(node, key) or _is_repository(node, key):
                yield from self._in_fields(node)
                return
            for name, value in node.pairs:
                if isinstance(value, ScalarNode):
                    if name and _IMAGE_KEY.fullmatch(name):
                        yield from self._in_one(name, value, node)
                else:
                    yield from self.images(value, self._key(name or "", key))

    def _key(self, name: str, above: str) -> str:
        """Return the key that a mapping is judged by: that of `images` holds for all in it."""
        return above if above.lower().endswith("images") else name

    def _in_fields(self, image: MapNode) -> Iterator[Image | Unresolved]:
        name = next(found for key in _NAMES if (found := image.scalar(key)))
        tag = next((found for key in _TAGS if (found := image.scalar(key))), None)
        registry = image.scalar("registry")
        host = self._registry or (registry.text if registry else "")
        base = f"{host.rstrip('/')}/{name.text}" if host else name.text
        yield from self._joined(name, base, tag, _digest(image))

    def _in_one(self, key: str, image: ScalarNode, around: MapNode) -> Iterator[Image | Unresolved]:
        text = image.text.strip()
        if image.is_null or not text:
            return
        beside = [f"{key}Tag", *(_TAGS if key.lower() == "image" else ())]
        tag = next((found for name in beside if (found := around.scalar(name))), None)
        last = text.rpartition("/")[2]
        is_whole = ":" in last or "@" in last
        if key == "image" or looks_like_reference(text) or (tag and f"{key}Tag" in beside):
            if tag and not is_whole:
                yield from self._joined(image, text, tag, "")
            elif not re.search(r"\s", text) or has_action(text):
                yield written(image.line, text, self._variables, column=image.column)

    def _joined(
        self, name: ScalarNode, base: str, tag: ScalarNode | None, digest: str
    ) -> Iterator[Image | Unresolved]:
        text = base + (f":{tag.text}" if tag and tag.text else "") + (digest and f"@{digest}")
        if not (tag and tag.text) and not digest:
            last = base.rpartition("/")[2]
            if ":" in last:
                yield written(name.line, text, self._variables, column=name.column)
            else:
                reason = RENDER if has_action(text) else _NO_TAG
                yield Unresolved(name.line, text, reason, needs_rendering=True, column=name.column)
        elif tag and (number := _other_number(tag)):
            reason = f"its tag {tag.text} is the number {number} to Helm: put it in quotes"
            yield Unresolved(name.line, text, reason, column=name.column)
        else:
            yield written(name.line, text, self._variables, column=name.column)


def _digest(image: MapNode) -> str:
    digest, sha = image.scalar("digest"), image.scalar("sha")
    if digest and digest.text:
        return digest.text
    return f"sha256:{sha.text}" if sha and _HEX.fullmatch(sha.text) else ""


def _other_number(tag: ScalarNode) -> str | None:
    """Return what Helm makes of a tag that is an unquoted number, if that is something else."""
    if not tag.is_plain or not _NUMBER.fullmatch(tag.text):
        return None
    digits = tag.text.replace("_", "")
    number = float(int(digits, 8) if re.fullmatch("0[0-7]+", digits) else digits)
    shown = str(int(number)) if number.is_integer() else repr(number)
    return None if shown == tag.text else shown
