"""Manifests, configs, tags and lists, kept from run to run in one SQLite file.

store     one run's use of the cache
database  the file: its place, tables, permissions, statistics
entries   the SQL that reads, writes and prunes the entries
writer    the thread that writes
"""
