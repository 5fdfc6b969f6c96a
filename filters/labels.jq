# The labels and annotations of each image.
# input: stream
# output: json
# copies: .ref .tag identity repository platform labels annotations needs_manifests
include "oci" {search: "./lib"};
needs_manifests("labels")
| if is_error then .
  else
    {ref, repository: repository, tag} + identity
    + {platform: platform, labels: labels, annotations: annotations}
  end
