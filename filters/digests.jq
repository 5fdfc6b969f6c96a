# The tags of each repository grouped by the digest they share.
# input: slurp
# output: json
# reads: by_repository .tag .digest needs_manifests over_tags
include "oci" {search: "./lib"};
needs_manifests("digests")
| over_tags(
  by_repository[]
  | group_by(.digest)[]
  | (.[0]
     | (.registry // registry_name) as $registry
     | if $registry == null then {} else {$registry} end
       + {repository: repository, digest})
    + {tags: (map(.tag | strings) | unique)}
)
