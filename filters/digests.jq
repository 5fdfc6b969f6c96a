# The tags of each repository grouped by the digest they share.
# input: slurp
# output: json
# reads: by_repository .tag tag_digest
include "oci" {search: "./lib"};
over_images(
  by_repository[]
  | group_by(tag_digest)[]
  | (.[0]
     | (.registry // registry_name) as $registry
     | if $registry == null then {} else {$registry} end
       + {repository: repository, digest: tag_digest})
    + {tags: (map(.tag | strings) | unique)}
)
