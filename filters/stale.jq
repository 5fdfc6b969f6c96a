# Images that were built more than `days` days ago, the oldest first; those without a real date come first.
# input: slurp
# output: json
# parameter: days number 365 how many days an image may be old
# parameter: now string "" compute as of this time
# reads: summary dating needs_manifests over_tags .info .found .kubernetes .from
include "oci" {search: "./lib"};
($ARGS.named.days // 365 | tonumber? // error("days is a number from 0: --argjson days 365")) as $days
| (if $ARGS.named.now == null then [now]
   else $ARGS.named.now | instant // error("now is a date: --arg now 2024-01-31T00:00:00Z")
   end) as [$now]
| needs_manifests("stale")
| over_tags(
    map([dating, .])
    | map(select(.[0][1] or .[0][0][0] < $now - $days * 86400))
    | sort_by(.[0] | date_key)[]
    | .[0] as [$instant, $reason]
    | .[1]
    | {found, kubernetes, from} as $origin
    | (if .info then . else summary end)
      + ($origin | with_entries(select(.value)))
      + (if $reason then {} else {age: (($now - $instant[0]) / 86400 | floor)} end)
    | undated_because($reason)
  )
