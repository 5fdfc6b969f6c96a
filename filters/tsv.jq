# Tab-separated: reference, repository, tag, digest, platform, date, image id, compressed size.
# input: stream
# output: raw
# copies: summary layers_size needs_manifests
#
# An image that could not be fetched has its error in a ninth column.
include "oci" {search: "./lib"};
needs_manifests("tsv")
| if is_error then
  [.ref, .repository, .tag, null, null, null, null, null, "\(.error.code): \(.error.message)"]
else
  layers_size as $size
  | summary
  | [.ref, .repository, .tag, .digest, .platform, .info.created, .info.sha, $size]
end
# Arrays and objects sort behind all else.
| if (max | type) == "array" or (max | type) == "object" then
    map(if type == "array" or type == "object" then tojson else . end)
  else .
  end
| @tsv
