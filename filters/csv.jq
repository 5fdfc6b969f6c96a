# Comma-separated with a header: reference, repository, tag, digest, platform, dates, image id, size, error.
# input: slurp
# output: raw
# reads: summary layers needs_manifests is_referrer_tag
include "oci" {search: "./lib"};
needs_manifests("csv")
| ["ref", "repository", "tag", "digest", "platform", "created", "built", "sha", "layersSize", "error"],
  ( .[]
    | select(is_referrer_tag | not)
    | if is_error then
        [.ref, .repository, .tag, null, null, null, null, null, null, "\(.error.code): \(.error.message)"]
      else
        layers_size as $size
        | summary
        | [.ref, .repository, .tag, .digest, .platform, .info.created, .built, .info.sha, $size, null]
      end
    | map(if type == "array" or type == "object" then tojson else . end))
| @csv
