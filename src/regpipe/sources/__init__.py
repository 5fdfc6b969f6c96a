"""Where images are, behind one interface.

base            the interface
opening         the source that a record's `registry` names, opened once a run
registry        a registry: the distribution API
listing         its lists, page by page
cached          a registry seen through the cache
checkup         the diagnosis of a registry, for `regpipe check`
local           what layouts and docker archives share
layout          an OCI image layout, in a directory or an archive
docker_archive  what `docker save` writes
"""
