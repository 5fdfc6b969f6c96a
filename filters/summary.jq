# Reference, digest, platform, creation date and image id of each image; the default.
# input: stream
# output: json
# copies: summary
include "oci" {search: "./lib"};
if is_error then . else summary end
