# Layer sharing: bytes naive, unique, shared and exclusive; compressed, of the input tags.
# input: slurp
# output: json
# reads: registry_name .ref image_digest layers needs_manifests
#
# naive: the sum of all layers as listed. unique: each layer once, as a registry stores it.
# shared: the part of unique that several images use. exclusive: the part that only one uses.
# byImage has a layer once, too, that an image lists twice. Registries share nothing: what is in two
# of them is kept, and counted, twice.
include "oci" {search: "./lib"};

# What the images of one registry share; each comes with the size of its layers.
def in_registry:
  (map(.size) | add // 0) as $naive
  | (map(select(.digest)) | group_by(.digest))
    + (map(select(.digest | not) | [.]))
  | map({refs: map(.image.ref), digest: .[0].digest,
         layers: (.[0].image | layers | unique_by(.digest))})
  | . as $images
  # Each layer of each image: [digest, image, size].
  | ([range(length) as $at | $images[$at].layers[] | [.digest, $at, .size]] | sort | group_by(.[0]))
    as $uses
  | ($uses | map(select(length == 1)[0])) as $single
  | (reduce $single[] as $use ([]; .[$use[1]] += $use[2])) as $exclusive
  | ($uses | map(.[0][2]) | add // 0) as $unique
  | ($single | map(.[2]) | add // 0) as $alone
  | {
      tags: ($images | map(.refs[]) | (map(strings) | unique | length) + (map(nulls) | length)),
      images: ($images | length),
      $naive, $unique, shared: ($unique - $alone), exclusive: $alone,
      byImage: [
        range($images | length) as $at
        | $images[$at]
        | {refs, imageDigest: .digest, size: (.layers | map(.size) | add // 0), exclusive: ($exclusive[$at] // 0)}
      ]
    };

needs_manifests("sharing")
| over_images(
  map({image: ., digest: image_digest, size: layers_size}) as $images
  | ($images | map(select(.size != null))) as $sized
  | ($sized | group_by(.image | registry_name) | map(in_registry)) as $registries
  | ($registries | map(del(.byImage)) | {
      scope: "layers, compressed, of the tags that came in",
      tags: (map(.tags) | add // 0),
      images: (map(.images) | add // 0),
      withoutSizes: ($images | length - ($sized | length)),
      naive: (map(.naive) | add // 0),
      unique: (map(.unique) | add // 0),
      shared: (map(.shared) | add // 0),
      exclusive: (map(.exclusive) | add // 0)
    })
    + {byImage: ($registries | map(.byImage[]))}
)
