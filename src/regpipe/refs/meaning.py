"""What a reference in a file means: always an image in a registry."""

from regpipe.errors import InputError
from regpipe.oci import reference
from regpipe.oci.local_names import is_local
from regpipe.oci.reference import HUB, Defaults, Reference
from regpipe.text import quoted

DEFAULT_REGISTRY = HUB
"""The registry of names without one, for everything that runs what the files say."""


def parse(text: str, registry: str) -> Reference:
    """Parse a reference as container tools have it in their files.

    It has no scheme, and never leads to a local source: `oci:v1` is the tag of a repository.

    Args:
        text: the reference.
        registry: the base URL of the registry for references that name none.

    Raises:
        InputError: the text does not match the grammar.
    """
    if "://" in text:
        hint = "the name of an image has no scheme"
        raise InputError(
            f"{quoted(text)} is not a valid reference: {hint}", code="REFERENCE_INVALID"
        )
    if is_local(text):
        base = f"{HUB}/library" if reference.host_of(registry) == HUB else registry
        text = f"{base}/{text}"
    return reference.parse(text, Defaults(registry))
