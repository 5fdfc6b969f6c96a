"""Kubernetes objects and lists of them, as `kubectl get -o json` prints them."""

from collections.abc import Iterator, Mapping
from typing import Any

_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")
_STATUSES = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")
# Where the specification of pods is: in a Pod, a workload, a CronJob, a PodTemplate.
_POD_SPECS = (
    ("spec",),
    ("spec", "template", "spec"),
    ("spec", "jobTemplate", "spec", "template", "spec"),
    ("template", "spec"),
)


def matches(value: Mapping[str, Any]) -> bool:
    """Tell whether an object has this form."""
    return isinstance(value.get("kind"), str) and isinstance(value.get("apiVersion"), str)


def parts(value: Mapping[str, Any]) -> Iterator[object]:
    """Yield the image of each container, with where it runs; other objects have none."""
    for item in _objects(value.get("items")):
        yield from parts({"kind": str(value["kind"]).removesuffix("List"), **item})
    metadata = _at(value, "metadata")
    running = {
        status.get("name"): status.get("imageID")
        for member in _STATUSES
        for status in _objects(_at(value, "status").get(member))
        if isinstance(status.get("name"), str)
    }
    for path in _POD_SPECS:
        for member in _CONTAINERS:
            for container in _objects(_at(value, *path).get(member)):
                if not isinstance(container.get("image"), str) or not container["image"]:
                    continue
                name = container.get("name")
                found = {
                    "kind": value["kind"],
                    "namespace": metadata.get("namespace"),
                    "name": metadata.get("name"),
                    "container": name,
                    "imageID": running.get(name) if isinstance(name, str) else None,
                }
                yield {
                    "ref": container["image"],
                    "kubernetes": {key: one for key, one in found.items() if isinstance(one, str)},
                }


repositories = parts


def _at(value: Any, *path: str) -> Mapping[str, Any]:  # noqa: ANN401
    """Return the object at a path, or an empty one."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
