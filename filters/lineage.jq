# The base of each image: exact among the input images, declared, or unknown.
# input: slurp
# output: json
# reads: .ref .tag identity repository platform labels annotations is_schema1 v1_history needs_manifests
# reads: .config.rootfs.diff_ids .rootfs.diff_ids
#
# exact: an input image whose layers (rootfs.diff_ids) are the lowest of this one's; of
# several the one with the most layers. For schema 1 it is the nearest one in the chain of parents.
# declared: what the annotations or labels org.opencontainers.image.base.name and .digest say.
include "oci" {search: "./lib"};

# What an image is made of, the lowest first, as strings: diff_ids, or ids of schema 1; nothing where
# one of them is not told, as the others alone could be those of another image.
def parts:
  if is_schema1 then v1_history | map(.id) else _array(image_config.rootfs.diff_ids) end
  | if . == [] or ((min | type) == "string" and min != "" and (max | type) == "string") then .
    else []
    end;

# The name of what these parts make: all of them, or for schema 1 the id of the last.
def name($schema1): if $schema1 then .[-1] else tojson end;

def declared:
  annotations as $annotations
  | ($annotations + labels + $annotations) as $said
  | _string($said["org.opencontainers.image.base.name"]) as $name
  | _string($said["org.opencontainers.image.base.digest"]) as $digest
  | if $name or $digest then
      if $name then {$name} else {} end + if $digest then {$digest} else {} end
    else null
    end;

needs_manifests("lineage")
| over_images(
  map([parts, is_schema1, .])
  | (map(select(.[0] != [])) | map([(.[1] as $schema1 | .[0] | name($schema1)), .]) | group_by(.[0]))
    as $groups
  # What each name says as a base.
  | (reduce $groups[] as $images ({};
      .[$images[0][0]] =
        {refs: ($images | map(.[1][2].ref) | unique), digests: ($images | map(.[1][2].digest) | unique)}
    )) as $known
  # The last parts of what came in, with how many parts it has. Only there is a name worth making.
  | (reduce ($groups[][0][1] | select(.[1] | not) | .[0]) as $parts ({};
      ($parts | length) as $count
      | $parts[-1] as $last
      | .[$last] = ((.[$last] // {}) | .["\($count)"] = true)
    )) as $ends
  | .[]
  | . as [$parts, $schema1, $image]
  | (first(
      range($parts | length - 1; 0; -1) as $count
      | (if $schema1 then $parts[$count - 1]
         else
           $ends[$parts[$count - 1]] as $counts
           | if $counts and $counts["\($count)"] then $parts[:$count] | tojson else empty end
         end) as $name
      | $known[$name]
      | select(.)
      | {refs, digests, layers: $count}
    ) // null) as $base
  | $image
  | declared as $declared
  | {ref, repository: repository, tag} + identity + {
      platform: platform,
      lineage: (if $base then "exact" elif $declared then "declared" else "unknown" end),
      base: $base,
      $declared
    }
)
