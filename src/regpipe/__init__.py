"""regpipe: a jq-compatible pipeline filter for Docker and OCI registries."""

# A literal, because importlib.metadata costs 28 ms at start-up.
__version__ = "0.1.0"
