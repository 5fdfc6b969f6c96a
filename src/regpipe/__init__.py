"""regpipe: a jq-compatible pipeline filter for Docker and OCI registries.

`Client` and `summarize` are the interface for programs in Python; `errors` has what they raise.
"""

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from regpipe.client.client import Client
    from regpipe.client.programs import summarize

# A literal, because importlib.metadata costs 28 ms at start-up.
__version__ = "0.2.0"
__all__ = ["Client", "__version__", "summarize"]

_PLACES = {"Client": "regpipe.client.client", "summarize": "regpipe.client.programs"}


def __getattr__(name: str) -> object:
    """Load a part of the interface when it is first used: the commands need none of it."""
    if name not in _PLACES:
        raise AttributeError(f"module 'regpipe' has no attribute {name!r}")
    import importlib  # noqa: PLC0415

    return getattr(importlib.import_module(_PLACES[name]), name)
