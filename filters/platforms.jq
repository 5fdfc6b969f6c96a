# The platforms that each tag offers.
# input: slurp
# output: json
# reads: .index.platforms .index.manifests .manifests over_tags
# copies: .ref .tag repository .digest platform needs_manifests
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
  [range(length) as $at | .[$at] + [$at] | select(.[0] != {})] as $images
  | ($images
     # Several records of one tag are its platforms; a document without a name stands for itself.
     | group_by([.[0], if .[0][0] then null else .[2] end])
     | sort_by(.[0][2])[]
     | (.[0][0] as [$ref, $repository, $tag, $digest] | {$ref, $repository, $tag, $digest})
       + {platforms: (map(.[1][]) | reduce .[] as $name ([]; . + ([$name] - .)))}),
    (.[] | select(.[0] == {})[1]);
map(item) | result
