"""The Python interface, and what each network verb does with one input: the verbs are built on it.

client      Client, the interface
programs    summarize, the bundled programs
results     messages and failures of a run
lists       catalog and tags
manifests   manifests
referrers   referrers
blobs       blob
checks      check
"""
