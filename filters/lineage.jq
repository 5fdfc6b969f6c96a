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

# What annotations say, or labels where they do not.
def said($key; $annotations; $labels):
  if $annotations | has($key) then $annotations[$key] else $labels[$key] end
  | if type == "string" and . != "" then . else null end;

def declared:
  annotations as $annotations
  | labels as $labels
  | if $annotations == {} and $labels == {} then null
    else
      said("org.opencontainers.image.base.name"; $annotations; $labels) as $name
      | said("org.opencontainers.image.base.digest"; $annotations; $labels) as $digest
      | if $name or $digest then
          if $name then {$name} else {} end + if $digest then {$digest} else {} end
        else null
        end
    end;

needs_manifests("lineage")
| over_images(
  map(
    is_schema1 as $schema1
    | parts as $parts
    | [$parts, $schema1, ., if $parts == [] then null else $parts | name($schema1) end]
  )
  | (map(select(.[3])) | group_by(.[3])) as $groups
  # Which images each name is that of.
  | (reduce range($groups | length) as $at ({}; setpath([$groups[$at][0][3]]; $at))) as $known
  # The last parts of what came in, with how many parts it has. Only there is a name worth making.
  | (reduce ($groups[][0] | select(.[1] | not) | .[0]) as $parts ({};
      setpath([$parts[-1], "\($parts | length)"]; true)
    )) as $ends
  # Of each image the one it is based on, as [place in $groups, layers].
  | map(
      . as [$parts, $schema1]
      | . + [first(
          range($parts | length - 1; 0; -1) as $count
          | $parts[$count - 1]
          | if $schema1 then $known[.]
            elif $ends[.] == null then empty
            elif $ends[.]["\($count)"] then $known[$parts[:$count] | tojson]
            else empty
            end
          | select(.)
          | [., $count]
        ) // null]
    )
  | (reduce (.[][4] | select(.) | .[0]) as $at ([];
      if .[$at] then .
      else
        setpath([$at]; $groups[$at] | map(.[2])
          | {refs: (map(.ref) | unique), digests: (map(.digest) | unique)})
      end
    )) as $bases
  | .[]
  | .[4] as $found
  | .[2]
  | (if $found then $bases[$found[0]] + {layers: $found[1]} else null end) as $base
  | declared as $declared
  | {ref, repository: repository, tag} + identity + {
      platform: platform,
      lineage: (if $base then "exact" elif $declared then "declared" else "unknown" end),
      base: $base,
      $declared
    }
)
