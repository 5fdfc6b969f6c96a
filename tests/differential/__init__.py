"""The same command lines through regpipe summarize and through jq 1.8.2: the cases, as data."""
