# The lineage of images as a graph for Graphviz: regpipe summarize dot | dot -Tsvg.
# input: slurp
# output: raw
# copies: lineage_input
#
# From base to image: a solid line where the base is exact, a dashed one where it is declared (see lineage).
# Images that have no known base and are not a base are left out.
include "lineage" {search: "./lib"};
include "oci" {search: "./lib"};

# Text between quotes: Graphviz reads escapes, and HTML's entities.
def text:
  printable | replaced("\\"; "\\\\") | replaced("\""; "\\\"") | replaced("&"; "&amp;");

def item: lineage_input("dot");
def result:
  "digraph lineage {",
    "  rankdir=LR;",
    "  node [shape=box];",
    over_items(drawn_graph(
      "  \(.id) [label=\"\(.lines | map(text) | join("\\n"))\"\(if .declared then ", style=dashed" else "" end)];";
      "  \(.from) -> \(.to)\(if .declared then " [style=dashed]" else "" end);";
      "  // not drawn, as they have no known base and are not a base: \(.)"
    )),
    "}"
  | if type == "object" then "  // \(.ref // "an input" | tojson | text) failed: \(.error.code | tojson | text)" else . end;
map(item) | result
