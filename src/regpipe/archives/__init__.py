"""Files in directories and tar archives, read without unpacking them.

files        the interface: a named file's bytes, uncompressed size and digest; directories
archive      the same for a tar archive, on disk or from a pipe
tar          the members of a tar stream
compression  byte streams, and gzip, bzip2, xz and zstd decompression with limits
"""
