# The lineage of images as a tree: each image below its base.
# input: slurp
# output: raw
# copies: lineage_input
#
# Images have the names of all that lead to them. A base that is only declared (see lineage) says so behind
# the image; one that did not come in stands in brackets.
include "lineage" {search: "./lib"};
include "oci" {search: "./lib"};

# An image has at most 127 layers, and so many bases below each other.
def deepest: 128;

def text: [graph_label] | join(", ") | printable;

def tree:
  lineage_graph as {$nodes, $edges}
  # Each below one base, the first that was found.
  | (reduce $edges[] as [$base, $image, $how] ({};
      if .[$image] then . else setpath([$image]; [$base, $how]) end)) as $parent
  | ([$nodes | keys_unsorted | to_entries[] | select($parent[.value]) | [$parent[.value][0], .key, .value]]
     | group_by(.[0])
     | reduce .[] as $group ({}; setpath([$group[0][0]]; $group | map(.[2])))) as $children
  | def name($id):
      ($nodes[$id] | text)
      | if $nodes[$id].declared then "(\(.))" elif $parent[$id][1] == "declared" then . + " (declared)" else . end;
    def below($id; $before; $depth):
      ($children[$id] // []) as $list
      | select($depth < deepest)
      | range($list | length) as $at
      | ($at == ($list | length) - 1) as $last
      | $list[$at]
      | [., $before + (if $last then "└── " else "├── " end) + name(.)],
        below(.; $before + (if $last then "    " else "│   " end); $depth + 1);
  ([$nodes | keys_unsorted[] | select($parent[.] | not) | [., name(.)], below(.; ""; 0)]) as $lines
  # What is declared to be based on itself, by way of others, is below nothing.
  | (reduce $lines[] as [$id] ({}; setpath([$id]; true))) as $seen
  | $lines[][1], ($nodes | keys_unsorted[] | select($seen[.] | not) | name(.));

def item: lineage_input("tree");
def result:
  over_items(tree)
  | if type == "object" then "\(.ref // "an input"): error: \(.error.code): \(.error.message)" | printable else . end;
map(item) | result
