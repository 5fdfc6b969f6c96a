# The tags of each repository grouped by the digest they share.
# input: slurp
# output: json
# copies: registry_name repository .tag .digest needs_manifests over_tags
include "oci" {search: "./lib"};
# By what tags are grouped, the registry and the tag; errors come last, as they came.
def item:
  needs_manifests("digests")
  | if is_error then [{}, .]
    elif is_referrer_tag then empty
    else registry_name as $name | [[$name, repository, .digest], .registry // $name, .tag, null]
    end;
def result:
  group_by(.[0])[]
  | if .[0][0] == {} then .[][1]
    else
      .[0] as [[$_, $repository, $digest], $registry]
      | if $registry == null then {} else {$registry} end
        + {$repository, $digest, tags: (map(.[2] | strings) | unique)}
    end;
map(item) | result
