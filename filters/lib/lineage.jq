# Lineage, for the programs that print it or draw it.
#
# reads lineage_item: is_schema1
# copies lineage_input: lineage_item needs_manifests over_tags
# copies lineage_item: .ref .tag identity repository platform image_config
# copies lineage_item: .history[].v1Compatibility|fromjson.id .config.rootfs.diff_ids[] .rootfs.diff_ids[]
# copies lineage_item: .annotations."org.opencontainers.image.base.name"
# copies lineage_item: .annotations."org.opencontainers.image.base.digest"
# copies lineage_item: .manifest.annotations."org.opencontainers.image.base.name"
# copies lineage_item: .manifest.annotations."org.opencontainers.image.base.digest"
# copies lineage_item: .config.config.Labels."org.opencontainers.image.base.name"
# copies lineage_item: .config.config.Labels."org.opencontainers.image.base.digest"
# copies lineage_item: .config.Labels."org.opencontainers.image.base.name"
# copies lineage_item: .config.Labels."org.opencontainers.image.base.digest"
# copies lineage_item: .history[].v1Compatibility|fromjson.config.Labels."org.opencontainers.image.base.name"
# copies lineage_item: .history[].v1Compatibility|fromjson.config.Labels."org.opencontainers.image.base.digest"
include "oci" {search: "./"};

# What an image is made of, the lowest first, as strings: diff_ids, or ids of schema 1; nothing where
# one of them is not told, as the others alone could be those of another image.
def _parts:
  if is_schema1 then v1_history | map(.id) else _array(image_config.rootfs.diff_ids) end
  | if . == [] or ((min | type) == "string" and min != "" and (max | type) == "string") then .
    else []
    end;

# The name of what these parts make: all of them, or for schema 1 the id of the last.
def _part_name($schema1): if $schema1 then .[-1] else tojson end;

# What annotations say, or labels where they do not.
def _said($key; $annotations; $labels):
  if $annotations | has($key) then $annotations[$key] else $labels[$key] end
  | if type == "string" and . != "" then . else null end;

def _declared:
  annotations as $annotations
  | labels as $labels
  | if $annotations == {} and $labels == {} then null
    else
      _said("org.opencontainers.image.base.name"; $annotations; $labels) as $name
      | _said("org.opencontainers.image.base.digest"; $annotations; $labels) as $digest
      | if $name or $digest then
          if $name then {$name} else {} end + if $digest then {$digest} else {} end
        else null
        end
    end;

# What an image is made of, and whether that is schema 1's; its reference and digest, what it declares,
# and what is known of it by itself.
def lineage_item:
  [_parts, is_schema1, .ref, .digest, _declared,
   {ref, repository: repository, tag} + identity + {platform: platform}];

# The base of such an item: the place in $groups, and the number of layers.
def _base($known; $ends):
  . as [$parts, $schema1]
  | first(
      range($parts | length - 1; 0; -1) as $count
      | $parts[$count - 1]
      | if $schema1 then $known[.]
        elif $ends[.] == null then empty
        elif $ends[.]["\($count)"] then $known[$parts[:$count] | tojson]
        else empty
        end
      | select(.)
      | [., $count]
    ) // null;

# The lineage of each of an array of such items.
def lineage_result:
  (map(select(.[0] != []) | [(.[1] as $schema1 | .[0] | _part_name($schema1)), .])
   | group_by(.[0])) as $groups
  # Which images each name is that of.
  | (reduce range($groups | length) as $at ({}; setpath([$groups[$at][0][0]]; $at))) as $known
  # The last parts of what came in, with how many parts it has. Only there is a name worth making.
  | (reduce ($groups[][0][1] | select(.[1] | not) | .[0]) as $parts ({};
      setpath([$parts[-1], "\($parts | length)"]; true)
    )) as $ends
  | map([., _base($known; $ends)])
  | (reduce (.[][1] | select(.) | .[0]) as $at ([];
      if .[$at] then .
      else
        setpath([$at]; $groups[$at] | map(.[1])
          | {refs: (map(.[2]) | unique), digests: (map(.[3]) | unique)})
      end
    )) as $bases
  | .[] as [$item, $found]
  | (if $found then $bases[$found[0]] + {layers: $found[1]} else null end) as $base
  | $item[5]
    + {
        lineage: (if $base then "exact" elif $item[4] then "declared" else "unknown" end),
        base: $base,
        declared: $item[4]
      };

# What `lineage` and the programs that draw it make of an image, and of an error record, which follows as it came.
def lineage_input($program):
  needs_manifests($program)
  | if is_error then [{}, .]
    elif is_referrer_tag then empty
    else lineage_item
    end;

# A label names at most so many references, and no more characters of any of them.
def _most: 5;
def _longest: 200;

def _short: if length > _longest then .[:_longest] + "…" else . end;

# The items of images as {nodes: {id: {refs, declared}}, edges: [[base, image, how]]}. What a tag leads to is
# one node, and so are images of the same layers if others are based on them. A declared base that did not
# come in is a node, too. Where everything is in one registry, names do without it.
def lineage_graph:
  def digest: .digest | strings // null;
  [lineage_result] as $lines
  # Digest → that of its node; a list of them that was seen begins with a space.
  | (reduce ($lines[].base | objects | .digests | map(strings) | select(.[1])) as $digests ({};
      " \($digests[0]) \($digests[-1]) \($digests | length)" as $key
      | if .[$key] then .
        else
          (.[$digests[0]] // $digests[0]) as $node
          | reduce ($key, $digests[]) as $digest (.; if .[$digest] then . else setpath([$digest]; $node) end)
        end
    )) as $node
  | ([$lines[] | .ref | strings / "/" | .[0]] | unique | if length == 1 then .[0] + "/" else "" end) as $host
  | [range($lines | length) as $at
     | $lines[$at]
     | digest as $digest
     | [(if $digest then $node[$digest] // $digest else " \($at)" end), ., $at]] as $named
  | ($named | group_by(.[0]) | sort_by(.[0][2])
     | map([.[0][0], {refs: (
         reduce (.[][1] | .ref // .tag // .repository // .digest // "an image" | tostring | ltrimstr($host)) as $ref ({};
           setpath([$ref]; true))
         | keys_unsorted)}])) as $inputs
  | (reduce $inputs[] as [$id] ({}; setpath([$id]; true))) as $known
  | (reduce ($named[] | select(.[1].ref | strings)) as [$id, $line] ({}; setpath([$line.ref]; $id))) as $by_ref
  | [ $named[]
      | .[0] as $id
      | .[1]
      | if .base then
          (.base.digests | map(strings)[0]) as $digest
          | ($digest | strings | [$node[.] // ., $id, "exact"])
        elif .declared then
          .declared as {$name, $digest}
          | ($digest | strings | $node[.] // . | select($known[.])) // (if $digest then null else $name | strings | $by_ref[.] end)
          // ([$name, $digest] | map(strings) | join("@") | [.])
          | if type == "array" then ["declared \(.[0])", $id, "declared", .[0]] else [., $id, "declared"] end
        else empty
        end
      | select(.[0] != .[1])
    ] as $edges
  | ([$edges[] | select(.[3]) | [.[0], {refs: [.[3]], declared: true}]] | unique_by(.[0])) as $declared
  | {
      nodes: (reduce ($inputs[], $declared[]) as [$id, $value] ({}; setpath([$id]; $value))),
      edges: (reduce $edges[] as $edge ({}; setpath([$edge[:2] | tojson]; $edge[:3])) | [.[]])
    };

# The lines of a node's label.
def graph_label:
  (.refs[:_most][] | _short),
  if (.refs | length) > _most then "and \((.refs | length) - _most) more" else empty end;

# The graph as text: `node` makes the line of {id, lines, declared}, `edge` that of {from, to, declared},
# where ids are n0, n1… Images without a base that are no base are left out, and `left_out` says of how many.
def drawn_graph(node; edge; left_out):
  lineage_graph as {$nodes, $edges}
  | (reduce $edges[][:2][] as $id ({}; setpath([$id]; true))) as $used
  | [$nodes | keys_unsorted[] | select($used[.])] as $ids
  | (reduce range($ids | length) as $at ({}; setpath([$ids[$at]]; "n\($at)"))) as $names
  | ($ids[] | . as $id | $nodes[$id] | {id: $names[$id], lines: [graph_label], declared} | node),
    ($edges[] as [$base, $image, $how]
     | {from: $names[$base], to: $names[$image], declared: ($how == "declared")} | edge),
    (($nodes | length) - ($ids | length) | select(. > 0) | left_out);
