# The lineage of images as a Mermaid flowchart, which GitHub and GitLab draw in Markdown.
# input: slurp
# output: raw
# copies: lineage_input
#
# From base to image: a solid line where the base is exact, a dotted one where it is declared (see lineage).
# Images that have no known base and are not a base are left out. GitHub draws at most 500 lines.
include "lineage" {search: "./lib"};
include "oci" {search: "./lib"};

# Text as Mermaid takes it between quotes: all that might mean something to it, or to HTML, by its number.
def text: printable | [explode[] | if (. >= 48 and . <= 57) or (. >= 64 and . <= 90) or (. >= 97 and . <= 122) or (. > 160 and . != 8232 and . != 8233)
           or . == 32 or (. >= 44 and . <= 47) or . == 58 or . == 95 then [.] | implode
         elif . < 32 or . >= 127 then "?"
         else "#\(.);"
         end] | add // "";

def node: "  \(.id)\(if .declared then "([" else "[" end)\"\(.lines | map(text) | join("<br/>"))\"\(if .declared then "])" else "]" end)";

def item: lineage_input("mermaid");
def result:
  "flowchart LR",
    over_items(drawn_graph(
      node;
      "  \(.from) \(if .declared then "-.->" else "-->" end) \(.to)";
      "  %% not drawn, as they have no known base and are not a base: \(.)"
    ))
  | if type == "object" then "  %% \(.ref // "an input" | tojson | text) failed: \(.error.code | tojson | text)" else . end;
map(item) | result
