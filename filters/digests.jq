# The tags of each repository grouped by the digest they share.
# input: slurp
# output: json
# reads: .registry repository .tag tag_digest
include "oci" {search: "./lib"};
over_images(
  group_by([.registry, repository, tag_digest])[]
  | (.[0] | {registry, repository: repository, digest: tag_digest} | del(.registry | nulls))
    + {tags: (map(.tag | strings) | unique)}
)
