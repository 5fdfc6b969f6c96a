"""Manifests, configs, tags and lists, kept from run to run in one SQLite file.

store        one run's use of the cache
database     the file: its place, tables and permissions, and how it is opened
entries      how entries are read
batch        how they are written, many in one statement
writer       the thread that writes
eviction     what leaves the cache
maintenance  what `regpipe cache` does: statistics, pruning, clearing
known        what it knows of registries, for completion in a shell
"""
