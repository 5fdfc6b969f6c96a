# The base of each image: exact among the input images, declared, or unknown.
# input: slurp
# output: json
# copies: lineage_item needs_manifests over_tags
#
# exact: an input image whose layers (rootfs.diff_ids) are the lowest of this one's; of
# several the one with the most layers. For schema 1 it is the nearest one in the chain of parents.
# declared: what the annotations or labels org.opencontainers.image.base.name and .digest say.
include "lineage" {search: "./lib"};
include "oci" {search: "./lib"};
def item:
  needs_manifests("lineage")
  | if is_error then [{}, .]
    elif is_referrer_tag then empty
    else lineage_item
    end;
def result: (map(select(.[0] != {})) | lineage_result), (.[] | select(.[0] == {})[1]);
map(item) | result
