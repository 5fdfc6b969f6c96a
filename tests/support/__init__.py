"""Helpers for the tests: images, registries to serve them, and ways to run regpipe."""
