# Tags, images, bytes and dates of each repository, and a last line of all of them.
# input: slurp
# output: json
# copies: totals_item needs_manifests
#
# images: what the tags lead to, each once. naive and unique: the compressed bytes of layers as listed, and each
# layer once, as in `sharing`: what refers to images takes space, too, and registries share nothing. What two
# repositories share is in both their lines, and once in the last. withoutSizes: records that tell no sizes.
# oldest and newest: when images were built, or else created; undated: images without a real date.
include "totals" {search: "./lib"};
include "oci" {search: "./lib"};

def item: needs_manifests("totals") | if is_error then [{}, .] else totals_item + [null] end;
def result: over_items(repository_totals | totals_lines);
map(item) | result
