# The base of each image: exact among the input images, declared, or unknown.
# input: slurp
# output: json
# copies: lineage_input
#
# exact: an input image whose layers (rootfs.diff_ids) are the lowest of this one's; of
# several the one with the most layers. For schema 1 it is the nearest one in the chain of parents.
# declared: what the annotations or labels org.opencontainers.image.base.name and .digest say.
include "lineage" {search: "./lib"};
include "oci" {search: "./lib"};
def item: lineage_input("lineage");
def result: over_items(lineage_result);
map(item) | result
