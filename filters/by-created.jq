# Images by creation date, the newest last; those without a real date come first, with the reason.
# input: slurp
# output: json
# reads: summary dating .info needs_manifests over_tags
include "oci" {search: "./lib"};
needs_manifests("by-created")
| over_tags(
  map([dating, .])
  | sort_by(.[0] | date_key)[]
  | .[0][1] as $reason
  | .[1]
  | if .info then . else summary end
  | undated_because($reason)
)
