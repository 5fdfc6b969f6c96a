# The newest tag of each repository, or --argjson n 3 of them; a tag without a real date is the last.
# input: slurp
# output: json
# reads: .registry summary tag_or_digest undated by_date
include "oci" {search: "./lib"};
($ARGS.named.n // 1) as $n
| if ($n | type) != "number" or $n < 1 then error("n is a number from 1: --argjson n 3") else . end
| over_images(
    group_by([.registry, repository])[]
    | group_by(tag_or_digest)
    | sort_by(map(by_date) | max)
    | reverse
    | .[:$n][][]
    | with_undated(summary)
  )
