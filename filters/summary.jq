# Reference, digest, platform, creation date and sha (.config.Image, else image id) of each; the default.
# input: stream
# output: json
# copies: summary needs_manifests
include "oci" {search: "./lib"};
needs_manifests("summary") | if is_error then . else summary end
