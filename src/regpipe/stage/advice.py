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
    UnauthorizedError,
)
from regpipe.oci import reference
from regpipe.oci.local_names import is_local
from regpipe.oci.reference import HUB_URL
from regpipe.records import targets
from regpipe.records.targets import Target

# By itself a registry's name is that of an image of Docker Hub (reference's normalize.go), where
# no official one has a dot in its name.
_REGISTRY = re.compile(
    r"(https?://)?"
    r"(localhost(:[0-9]+)?|\[[0-9a-fA-F:.]+\](:[0-9]+)?|([\w-]+\.)+([a-z]{2,}|[\w-]+:[0-9]+))/?"
)
_ARCHIVE = re.compile(r".*\.(tar|tgz|tar\.(gz|zst|bz2|xz))", re.IGNORECASE)
_LISTED = {
    "tags": "regpipe tags",
    "manifests": "regpipe tags | regpipe manifests",
    "referrers": "regpipe tags | regpipe referrers",
}
# What may be wrong with a name that was meant for another registry, and what to do then.
_OF_ANOTHER = (ConnectionFailedError, NotFoundError, UnauthorizedError)
_OTHER_REGISTRY = (
    "the name has no registry, so it was looked up at Docker Hub: for another registry,"
    " use --registry or $REGPIPE_REGISTRY"
)


def names_registry(text: str, default_registry: str) -> bool:
    """Tell whether a text is the name of a registry where an image is expected.

    Args:
        text: the input.
        default_registry: that of references that name none. Only of Docker Hub's is it known that
            the text names nothing in it.
    """
    return default_registry == HUB_URL and _REGISTRY.fullmatch(text) is not None


def check_is_no_registry(text: str, verb: str, default_registry: str, *, argument: bool) -> None:
    """Check that a text is not the name of a registry or file, where an image is expected.

    Args:
        text: the input.
        verb: the verb's name.
        default_registry: that of references that name none.
        argument: whether it is an argument, which may be meant as a file.

    Raises:
        InputError: it is one.
    """
    if not names_registry(text, default_registry):
        return
    meant = about_path(text, verb) if argument else ""
    if not meant:
        rest = _LISTED.get(verb, "regpipe tags")
        meant = f"this names a registry; list what is in it with: regpipe catalog {text} | {rest}"
    raise InputError(meant, code="REFERENCE_INVALID")


def about_path(text: str, verb: str) -> str:
    """Return what an argument was meant for, if it is a path or pattern; else an empty text.

    Args:
        text: the argument.
        verb: the verb's name.
    """
    if "*" in text:
        return "names have no wildcards: choose by grep or jq from what catalog or tags print"
    path = shlex.quote(text)
    if os.path.isdir(text):  # noqa: PTH112 -- pathlib is not needed else
        if os.path.isfile(f"{text}/index.json"):  # noqa: PTH113 -- likewise
            return f"the directory {path} is an OCI layout: regpipe {verb} oci:{path}"
    elif os.path.isfile(text):  # noqa: PTH113 -- likewise
        if _ARCHIVE.fullmatch(text):
            return f"{path} is a file: regpipe {verb} oci-archive:{path}, or docker-archive:{path}"
        return f"{path} is a file: regpipe {verb} < {path}"
    return ""


def after(error: RegpipeError, target: Target, verb: str) -> RegpipeError:
    """Return an error with the next step, where there is one.

    Args:
        error: what happened.
        target: what the verb was to work on.
        verb: the verb's name.
    """
    if target.argument and (meant := about_path(target.argument, verb)):
        return error.adding(meant)
    if verb == "check" or is_local(target.ref.registry):
        return error
    is_hub = target.ref.registry == HUB_URL
    if is_hub and isinstance(error, _OF_ANOTHER) and not targets.names_registry(target):
        error = error.adding(_OTHER_REGISTRY)
    return error.adding(_next_step(error, target, verb))


def _next_step(error: RegpipeError, target: Target, verb: str) -> str:
    """Return what to do after a failure at a registry; empty if that is not known."""
    registry = _as_written(target.ref.registry)
    if isinstance(error, ConnectionFailedError):
        return f"diagnose with: regpipe check {registry}"
    if isinstance(error, NotFoundError):
        return _what_there_is(error, target, verb)
    # No registry sends a web page for a list.
    if isinstance(error, ResponseError) and "is an HTML page" in error.message:
        return f"is it a registry? Find out with: regpipe check {registry}"
    if verb == "catalog" and isinstance(error, UnauthorizedError) and error.status == 403:
        return f"repositories may still be open: regpipe tags {registry}/NAME"
    return ""


def _what_there_is(error: NotFoundError, target: Target, verb: str) -> str:
    """Return how to find out what there is in place of what is not there."""
    ref, registry = target.ref, _as_written(target.ref.registry)
    if error.code == "NOT_FOUND":  # registries give another with what they do not have
        return f"is it a registry? Find out with: regpipe check {registry}"
    if verb == "catalog":
        return f"it does not list its repositories; name one: regpipe tags {registry}/NAME"
    if error.code == "NAME_UNKNOWN" and ref.registry != HUB_URL:  # which has no catalog
        return f"list them with: regpipe catalog {registry}"
    if not error.message.startswith("no such tag") or ref.exact:
        return ""
    tags = f"regpipe tags {registry}/{ref.repository}"
    if verb not in _LISTED or targets.names_tag(target):
        return f"list them with: {tags}"
    return f"a name without a tag means latest; for all tags: {tags} | regpipe {verb}"


def _as_written(registry: str) -> str:
    """Return the base URL of a registry as people write it: with a scheme where that matters."""
    host = reference.host_of(registry)
    return host if reference.parse_registry(host) == registry else registry
