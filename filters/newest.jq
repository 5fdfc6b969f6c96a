# The newest image or artifact of each repository, or n of them; those without a real date come last.
# input: slurp
# output: json
# parameter: n number 1 how many of each repository
# copies: registry_name repository summary tag_or_digest dating needs_manifests over_tags
#
# Images are counted, not tags: the other names of an image are its `aliases`. Of images of the same date the
# one with the highest version is the newest, and of one version the last by name.
# Helm charts and other artifacts count, too. Without them: jq -c 'select(.artifactType == null)' in front.
include "oci" {search: "./lib"};

def count:
  ($ARGS.named.n // 1 | tonumber? // .)
  | if type == "number" and . >= 1 then floor else error("n is a number from 1: --argjson n 3") end;

# The repository and what makes tags one image, by what images are sorted, the reason why not by a date, the
# tag, and what is printed; errors come last, as they came.
def item:
  count as $_
  | needs_manifests("newest")
  | if is_error then [{}, .]
    elif is_referrer_tag then empty
    else
      dating as $dating
      | [[registry_name, repository], .digest // tag_or_digest, ($dating | date_key), $dating[1], .tag, summary]
    end;

# What decides between tags.
def rank: .[4] | [(version | if . then .order else null end), .];

# The names of an image, the best first; its records of the best name come first, too.
def named:
  if .[1] == null then {rank: (.[0] | rank), records: ., aliases: []}
  else
    group_by(.[4])
    | map({rank: (.[0] | rank), records: .})
    | sort_by(.rank)
    | reverse
    | .[0] + {aliases: [.[1:][].records[0][4] | strings]}
  end;

# Of one repository those that are of the newest image, or of several of the same date: of thousands of
# tags only these are worth grouping by image.
def of_newest:
  (map(.[2]) | max) as $last
  | (map(select(.[2] == $last)[1]) | unique) as $images
  | if $images[1] then . else $images[0] as $image | map(select(.[1] == $image)) end;

def newest($n):
  if $n == 1 then of_newest else . end
  | group_by(.[1])
  | map([if .[1] then map(.[2]) | max else .[0][2] end, .])
  | sort_by(.[0])
  | (.[-$n] // .[0])[0] as $last
  # Only where dates are the same do names matter.
  | map(select(.[0] >= $last) | .[0] as $date | .[1] | named | .rank |= [$date, .])
  | sort_by(.rank)
  | reverse[:$n][]
  | .aliases as $aliases
  | .records[]
  | .[3] as $reason
  | .[5]
  | if $aliases == [] then . else . + {$aliases} end
  | undated_because($reason);

def result:
  count as $n
  | group_by(.[0])[]
  | if .[0][0] == {} then .[][1] else newest($n) end;
map(item) | result
