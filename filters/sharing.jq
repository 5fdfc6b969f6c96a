# Layer sharing: bytes naive, unique, shared and exclusive; compressed, of the input tags.
# input: slurp
# output: json
# copies: registry_name .ref image_digest layers needs_manifests over_tags
#
# naive: the sum of all layers as listed. unique: each layer once, as a registry stores it.
# shared: the part of unique that several images use. exclusive: the part that only one uses.
# What refers to images takes space, too, as in `totals`, but its tags (sha256-…) are not counted or listed.
# byImage has a layer once, too, that an image lists twice. Registries share nothing: what is in two
# of them is kept, and counted, twice.
include "oci" {search: "./lib"};

# What the images of one registry share; each comes as [digest, ref, layers], where what only refers to images
# has false for its ref.
def in_registry:
  (reduce .[][2][] as [$_, $size] (0; . + $size)) as $naive
  | (map(select(.[0])) | group_by(.[0])) + (map(select(.[0] | not) | [.]))
  # Each layer once, as [digest, size].
  | map({refs: map(.[1] | select(. != false)), imageDigest: .[0][0],
         layers: (.[0][2] | if (map(.[0]) | unique | length) == length then . else unique_by(.[0]) end)})
  | . as $images
  # Of each layer the first image that uses it, or -1 if there are more; and its size.
  | (reduce range(length) as $at ({};
      reduce $images[$at].layers[] as [$layer, $size] (.;
        .[$layer] as $use
        | if $use == null then setpath([$layer]; [$at, $size])
          elif $use[0] < 0 then .
          else setpath([$layer, 0]; -1)
          end
      )
    ) | [.[]]) as $uses
  | [$uses[] | select(.[0] != -1)] as $single
  | (reduce $single[] as [$at, $size] ([]; setpath([$at]; .[$at] + $size))) as $exclusive
  | ($uses | map(.[1]) | add // 0) as $unique
  | ($single | map(.[1]) | add // 0) as $alone
  | {
      tags: ($images | map(.refs[]) | (map(strings) | unique | length) + (map(nulls) | length)),
      images: ($images | map(select(.refs != [])) | length),
      $naive, $unique, shared: ($unique - $alone), exclusive: $alone,
      byImage: [
        range($images | length) as $at
        | $images[$at]
        | select(.refs != [])
        | {refs, imageDigest, size: (.layers | map(.[1]) | add // 0), exclusive: ($exclusive[$at] // 0)}
      ]
    };

# The registry, and the digest, the reference and the layers of an image.
def item:
  needs_manifests("sharing")
  | if is_error then [{}, .] else [registry_name, image_digest, (if is_referrer_tag then false else .ref end), sized_layers] end;
def result:
  over_items(
    length as $length
    | map(select(.[3])) as $sized
    | ($sized | group_by(.[0]) | map(map(.[1:]) | in_registry)) as $registries
    | ($registries | map(del(.byImage)) | {
        scope: "layers, compressed, of the tags that came in",
        tags: (map(.tags) | add // 0),
        images: (map(.images) | add // 0),
        withoutSizes: ($length - ($sized | length)),
        naive: (map(.naive) | add // 0),
        unique: (map(.unique) | add // 0),
        shared: (map(.shared) | add // 0),
        exclusive: (map(.exclusive) | add // 0)
      })
      + {byImage: ($registries | map(.byImage[]))}
  );
map(item) | result
