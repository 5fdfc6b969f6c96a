"""Command lines that are run with both regpipe summarize and jq 1.8.2."""
