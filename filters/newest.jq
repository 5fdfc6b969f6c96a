# The newest tag of each repository, or --argjson n 3 of them; tags without a real date come last.
# input: slurp
# output: json
# reads: by_repository summary tag_or_digest dating
include "oci" {search: "./lib"};
($ARGS.named.n // 1) as $n
| if ($n | type) != "number" or $n < 1 then error("n is a number from 1: --argjson n 3") else . end
| over_images(
    by_repository[]
    | map([tag_or_digest, dating, .])
    | group_by(.[0])
    | sort_by(map(.[1] | date_key) | max)
    | reverse
    | .[:$n][][]
    | .[1][1] as $reason
    | .[2]
    | summary
    | undated_because($reason)
  )
