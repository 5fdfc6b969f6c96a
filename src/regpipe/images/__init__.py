"""From a reference to its records.

resolve    the manifests a reference leads to: indexes and the platforms in them
record     the record of one manifest: config, platform, date, schema 1 view
referrer   one referrer: its type and annotations, by its manifest
referrers  signatures, SBOMs and provenance of an image
"""
