# The blog's own program, literally: tag, creation date and config.Image of schema 1 manifests.
# input: stream
# output: json
# copies: .tag .history[0].v1Compatibility|fromjson.created .history[0].v1Compatibility|fromjson.config.Image
# copies: needs_manifests
include "oci" {search: "./lib"};
needs_manifests("blog") |
{tag:.tag, info:.history[0].v1Compatibility|fromjson|{created:.created, sha:.config.Image}}
