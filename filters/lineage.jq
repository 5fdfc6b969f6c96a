# For each image the one it was built on: exact among those that came in, declared, or unknown.
# input: slurp
# output: json
# reads: .ref .tag .digest repository platform labels annotations is_schema1 v1_history
# reads: .config.rootfs.diff_ids .rootfs.diff_ids
#
# exact: an image that came in whose layers (rootfs.diff_ids) are the lowest of this one's; of
# several the one with the most. For schema 1 it is the nearest one in the chain of parents.
# declared: what the annotations or labels org.opencontainers.image.base.name and .digest say.
include "oci" {search: "./lib"};

# What an image is made of, the lowest first, as strings: diff_ids, or ids of schema 1; nothing where
# one of them is not told, as the others alone could be those of another image.
def parts:
  if is_schema1 then v1_history | map(.id) else _array(image_config.rootfs.diff_ids) end
  | if all(_string(.)) then . else [] end;

# An image's own name among bases: all its parts, or for schema 1 its id.
def tops: if is_schema1 then parts[-1:] else parts | join(" ") | select(. != "") | [.] end;

# The names of what an image may be built on, the nearest first.
def bases:
  parts as $parts
  | range($parts | length - 1; 0; -1) as $count
  | {layers: $count, top: (if is_schema1 then $parts[$count - 1] else $parts[:$count] | join(" ") end)};

def declared:
  (annotations + labels + annotations) as $said
  | {name: _string($said["org.opencontainers.image.base.name"]),
     digest: _string($said["org.opencontainers.image.base.digest"])}
  | del(.[] | nulls)
  | if . == {} then null else . end;

over_images(
  (map({top: tops[], ref, digest}) | group_by(.top) | map({key: .[0].top, value: .}) | from_entries)
    as $known
  | .[]
  | (first(bases | select($known[.top])) // null) as $base
  | declared as $declared
  | {ref, repository: repository, tag, digest, platform: platform}
    + if $base then
        $known[$base.top] as $images
        | {lineage: "exact",
           base: {refs: ($images | map(.ref) | unique), digests: ($images | map(.digest) | unique),
                  layers: $base.layers}}
      elif $declared then {lineage: "declared", base: null}
      else {lineage: "unknown", base: null}
      end
    + {declared: $declared}
)
