# What images share: bytes naive, unique, shared and exclusive; compressed, of the tags that came in.
# input: slurp
# output: json
# reads: .ref .digest layers
#
# naive: the layers as they are listed, all sizes added up. unique: each layer once, as a registry keeps it.
# shared: the part of unique that several images use. exclusive: the part that only one uses.
# byImage has a layer once, too, that an image lists twice.
include "oci" {search: "./lib"};
over_images(
  (map(select(layers_size == null)) | length) as $unsized
  | map(select(layers_size != null))
  | (map(layers_size) | add // 0) as $naive
  | (to_entries | group_by(.value.digest // [.key]) | map(map(.value))
     | map({refs: map(.ref), digest: .[0].digest, layers: (.[0] | layers | unique_by(.digest))}))
  | . as $images
  | (to_entries | map(.key as $image | .value.layers[] | . + {image: $image}))
  | group_by(.digest)
  | (map(select(length > 1)[0].size) | add // 0) as $shared
  | (map(select(length == 1)[0]) | group_by(.image) | map({key: "\(.[0].image)", value: map(.size) | add})
     | from_entries) as $exclusive
  | (map(.[0].size) | add // 0) as $unique
  | {
      scope: "layers, compressed, of the tags that came in",
      tags: ($images | map(.refs[]) | (map(strings) | unique | length) + (map(nulls) | length)),
      images: ($images | length),
      withoutSizes: $unsized,
      naive: $naive, unique: $unique, shared: $shared, exclusive: ($unique - $shared),
      byImage: ($images | to_entries | map({
        refs: .value.refs, digest: .value.digest,
        size: (.value.layers | map(.size) | add // 0),
        exclusive: ($exclusive["\(.key)"] // 0)
      }))
    }
)
