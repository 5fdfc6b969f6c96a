"""The next step after a failure: what an argument may have meant, how to diagnose a registry."""

import os
import re
import shlex

from regpipe.errors import (
    ConnectionFailedError,
    InputError,
    NotFoundError,
    RegpipeError,
    ResponseError,
)
from regpipe.oci import reference
from regpipe.oci.local_names import is_local
from regpipe.oci.reference import HUB_URL

# By itself a registry's name is that of an image of Docker Hub (reference's normalize.go), where
# no official one has a dot in its name.
_REGISTRY = re.compile(
    r"localhost(:[0-9]+)?|\[[0-9a-fA-F:.]+\](:[0-9]+)?|([\w-]+\.)+([a-z]{2,}|[\w-]+:[0-9]+)"
)
_ARCHIVE = re.compile(r".*\.(tar|tgz|tar\.(gz|zst|bz2|xz))", re.IGNORECASE)
_LISTED = {
    "tags": "regpipe tags",
    "manifests": "regpipe tags | regpipe manifests",
    "referrers": "regpipe tags | regpipe referrers",
}


def check_is_no_registry(text: str, verb: str, default_registry: str, *, argument: bool) -> None:
    """Check that a text is not the name of a registry or file, where an image is expected.

    Args:
        text: the input.
        verb: the verb's name.
        default_registry: that of references that name none. Only of Docker Hub's is it known that
            the text names nothing in it.
        argument: whether it is an argument, which may be meant as a file.

    Raises:
        InputError: it is one.
    """
    if default_registry != HUB_URL or not _REGISTRY.fullmatch(text):
        return
    meant = about_path(text, verb) if argument else ""
    if not meant:
        rest = _LISTED.get(verb, "regpipe tags")
        meant = f"this names a registry; list what is in it with: regpipe catalog {text} | {rest}"
    raise InputError(meant, code="REFERENCE_INVALID")


def about_path(text: str, verb: str) -> str:
    """Return how to read what is at a path, if an argument is one; else an empty text.

    Args:
        text: the argument.
        verb: the verb's name.
    """
    path = shlex.quote(text)
    if os.path.isdir(text):  # noqa: PTH112 -- pathlib is not needed else
        if os.path.isfile(f"{text}/index.json"):  # noqa: PTH113 -- likewise
            return f"the directory {path} is an OCI layout: regpipe {verb} oci:{path}"
    elif os.path.isfile(text):  # noqa: PTH113 -- likewise
        if _ARCHIVE.fullmatch(text):
            return f"{path} is a file: regpipe {verb} oci-archive:{path}, or docker-archive:{path}"
        return f"{path} is a file: regpipe {verb} < {path}"
    return ""


def after(error: RegpipeError, registry: str, verb: str, argument: str) -> RegpipeError:
    """Return an error with the next step, where there is one.

    Args:
        error: what happened.
        registry: the registry, or the local source, in which it did.
        verb: the verb's name.
        argument: the argument that the input was; empty if it came from elsewhere.
    """
    if argument and (meant := about_path(argument, verb)):
        return error.adding(meant)
    if verb == "check" or is_local(registry):
        return error
    if isinstance(error, ConnectionFailedError):
        return error.adding(f"diagnose with: regpipe check {_as_written(registry)}")
    # Registries give a code of their own with what they do not have, and no web page for a list.
    is_page = isinstance(error, ResponseError) and "is an HTML page" in error.message
    if is_page or (isinstance(error, NotFoundError) and error.code == "NOT_FOUND"):
        return error.adding(
            f"is it a registry? Find out with: regpipe check {_as_written(registry)}"
        )
    return error


def _as_written(registry: str) -> str:
    """Return the base URL of a registry as people write it: with a scheme where that matters."""
    host = reference.host_of(registry)
    return host if reference.parse_registry(host) == registry else registry
