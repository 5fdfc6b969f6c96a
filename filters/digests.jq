# The tags of each repository grouped by the digest they share.
# input: slurp
# output: json
# parameter: by string ref what makes two repositories the same: ref, or name, whatever the registry
# copies: registry_name repository .tag .ref .digest needs_manifests over_tags
#
# By name, what registries have in common is in one line, with all its `refs`; a digest that `registries` lacks
# one of is not, or not yet, in a mirror.
include "oci" {search: "./lib"};
# By what tags are grouped, the registry, the tag and the reference; errors come last, as they came.
def item:
  needs_manifests("digests")
  | if is_error then [{}, .]
    elif is_referrer_tag then empty
    else registry_name as $name | [[$name, repository, .digest], .registry // $name, .tag, .ref, null]
    end;
# The same by name: for each digest of a repository all registries.
def by_name:
  group_by(if .[0] == {} then .[0] else .[0][1:] end)[]
  | if .[0][0] == {} then .[][1]
    else
      .[0][0] as [$_, $repository, $digest]
      | {$repository, $digest, tags: (map(.[2] | strings) | unique),
         registries: (map(.[0][0] | strings) | unique), refs: (map(.[3] | strings) | unique)}
    end;
def by_ref:
  group_by(.[0])[]
  | if .[0][0] == {} then .[][1]
    else
      .[0] as [[$_, $repository, $digest], $registry]
      | if $registry == null then {} else {$registry} end
        + {$repository, $digest, tags: (map(.[2] | strings) | unique)}
    end;
def result:
  ($ARGS.named.by // "ref") as $by
  | if $by == "name" then by_name
    elif $by == "ref" then by_ref
    else error("by is ref or name: --arg by name")
    end;
map(item) | result
