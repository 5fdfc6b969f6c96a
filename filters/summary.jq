# Reference, digest, platform, creation date and image id of each image; the default.
# input: stream
# output: json
# reads: .ref .repository .name .tag .digest .platform .created .info .annotations .rootfs
# reads: .os .architecture .variant .config.created .config.os .config.architecture .config.variant
# reads: .config.Image .config.digest .config.config.Image .manifest.config.digest
# reads: .manifest.annotations
# reads: .history[0].v1Compatibility|fromjson.created
# reads: .history[0].v1Compatibility|fromjson.config.Image
# reads: .history[0].v1Compatibility|fromjson.os
# reads: .history[0].v1Compatibility|fromjson.architecture
# reads: .history[0].v1Compatibility|fromjson.variant
include "oci" {search: "./lib"};
if is_error then . else summary end
