"""The formats of the OCI and Docker specifications: pure functions and plain data, no I/O.

reference    the grammar of image names and its defaults
local_names  the grammar of local sources: `oci:DIR`, `oci-archive:FILE`, `docker-archive:FILE`
document     strict JSON parsing
media_types  media types, and which one a manifest has
manifest     a manifest's bytes, verified and parsed
descriptor   descriptors and digests
platform     platforms, and which one of an index matches best
created      creation dates, and which ones are placeholders
schema1      Docker schema 1: signed manifests, and the view of newer images in that form
jws          signature verification for schema 1
"""
