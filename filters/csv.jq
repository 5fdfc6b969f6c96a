# Comma-separated with a header: reference, repository, tag, digest, platform, dates, image id, size, error.
# input: slurp
# output: raw
# reads: .error.message
# copies: summary layers_size needs_manifests over_tags
include "oci" {search: "./lib"};
def item:
  needs_manifests("csv")
  | if is_referrer_tag then empty
    elif is_error then
      [[.ref, .repository, .tag, null, null, null, null, null, null, "\(.error.code): \(.error.message)"], null]
    else
      layers_size as $size
      | summary
      | [[.ref, .repository, .tag, .digest, .platform, .info.created, .built, .info.sha, $size, null], null]
    end;
def result:
  ["ref", "repository", "tag", "digest", "platform", "created", "built", "sha", "layersSize", "error"],
  (.[][0] | map(if type == "array" or type == "object" then tojson else . end))
  | @csv;
map(item) | result
