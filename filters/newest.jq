# The newest image of each repository, or n of them; those without a real date come last.
# input: slurp
# output: json
# parameter: n number 1 how many of each repository
# reads: by_repository summary tag_or_digest dating version needs_manifests over_tags
#
# Images are counted, not tags: the other names of an image are its `aliases`. Of images of the same date the
# one with the highest version is the newest, and of one version the last by name.
include "oci" {search: "./lib"};

# What decides between tags.
def rank: [(version | if . then .order else null end), .tag];

# The names of an image, the best first; its records of the best name come first, too.
def named:
  if .[1] == null then {rank: (.[0] | rank), records: ., aliases: []}
  else
    group_by(.tag)
    | map({rank: (.[0] | rank), records: .})
    | sort_by(.rank)
    | reverse
    | .[0] + {aliases: [.[1:][].records[0].tag | strings]}
  end;

($ARGS.named.n // 1 | tonumber? // .) as $n
| if ($n | type) != "number" or $n < 1 then error("n is a number from 1: --argjson n 3") else . end
| ($n | floor) as $n
| needs_manifests("newest")
| over_tags(
    by_repository[]
    | group_by(.digest // tag_or_digest)
    | map({date: (if .[1] then map(dating | date_key) | max else .[0] | dating | date_key end), images: .})
    | sort_by(.date)
    | (.[-$n] // .[0]).date as $last
    # Only where dates are the same do names matter.
    | map(select(.date >= $last) | . + (.images | named))
    | sort_by([.date, .rank])
    | reverse[:$n][]
    | .aliases as $aliases
    | .records[]
    | undated as $reason
    | summary
    | if $aliases == [] then . else . + {$aliases} end
    | undated_because($reason)
  )
