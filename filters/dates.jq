# The date of each image in seconds since 1970, or the reason why it has no real one.
# input: stream
# output: json
# copies: .ref .tag .digest repository dating needs_manifests
include "oci" {search: "./lib"};
needs_manifests("dates")
| if is_error then .
  else
    dating as [$instant, $reason, $built]
    | {ref, repository: repository, tag, digest, seconds: (if $reason then null else $instant[0] end)}
      + (if $built then {$built} else {} end)
    | undated_because($reason)
  end
