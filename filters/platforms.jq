# The platforms that each tag offers.
# input: slurp
# output: json
# reads: .index.platforms .index.manifests .manifests
# copies: .ref .tag repository .digest platform needs_manifests over_tags
include "oci" {search: "./lib"};

# Of an index, without BuildKit's attestations, which are not platforms.
def offered:
  if _array(.index.platforms) != [] then .index.platforms
  else
    _array((_object(.index) // .).manifests)
    | map(
        objects
        | select(_object(.annotations)["vnd.docker.reference.type"] == null)
        | _object(.platform) | select(.) | platform_name | strings
      )
  end
  | if . == [] then null else . end;

# As Docker prints it: the only variant of an architecture, or its first, is not named.
def shown:
  if type == "string" and (endswith("/arm64/v8") or endswith("/amd64/v1")) then .[:-3] else . end;

def item:
  needs_manifests("platforms")
  | if is_error then [{}, .]
    elif is_referrer_tag then empty
    else [[.ref, repository, .tag, .digest], (offered // [platform | strings] | map(shown))]
    end;
def result:
  # Several records of one tag are its platforms; a document without a name stands for itself. An object keeps
  # its members in the order in which they came.
  . as $items
  | (reduce (range(length) | select($items[.][0] != {})) as $at ({};
       $items[$at] as $item
       | ($item[0] | if .[0] then tojson else "\($at)" end) as $key
       | if .[$key] then .[$key][1] += $item[1] else setpath([$key]; $item) end
     )
     | .[]
     | . as [[$ref, $repository, $tag, $digest], $platforms]
     | {
         $ref, $repository, $tag, $digest,
         platforms: ($platforms | if .[1:] == [] then . else reduce .[] as $name ([]; . + ([$name] - .)) end)
       }),
    (.[] | select(.[0] == {})[1]);
map(item) | result
