"""A container of `docker ps`, `podman ps --format json` or Docker's `/containers/json`.

With `--format json` docker prints `{"ID": ID, "Image": REFERENCE, "Names": "web,db/web", …}` lines,
podman and the API a list of `{"Id": ID, "ImageID": ID, "Image": REFERENCE, "Names": ["web"], …}`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from regpipe.records.forms.podman_images import LOCAL

# An image whose name now belongs to another: docker has its short id there, the API the whole one.
_ID = re.compile(r"(sha256:)?[0-9a-f]{12,64}")


def matches(value: Mapping[str, Any]) -> bool:
    """Tell whether an object has this form."""
    has_id = isinstance(value.get("Id") or value.get("ID"), str)
    return has_id and isinstance(value.get("Image"), str) and "Names" in value


def parts(value: Mapping[str, Any]) -> Iterator[object]:
    """Yield the container's image, with whose it is as `container`; no name is an error."""
    image, names = value["Image"], value["Names"]
    if image.startswith(LOCAL):
        return
    if isinstance(names, str):
        names = names.split(",")
    first = names[0] if isinstance(names, list) and names else None
    found = {
        "name": first.lstrip("/") if isinstance(first, str) else None,
        "id": value.get("Id") or value.get("ID"),
        "imageID": value.get("ImageID"),
    }
    ref = {} if _ID.fullmatch(image) else {"ref": image}
    yield ref | {"container": {key: one for key, one in found.items() if isinstance(one, str)}}


repositories = parts
