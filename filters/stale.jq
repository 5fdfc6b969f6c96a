# Images that were built more than `days` days ago, the oldest first; those without a real date come first.
# input: slurp
# output: json
# parameter: days number 365 how many days old an image may be
# parameter: now string "" compute as of this time, such as 2024-01-31T00:00:00Z
# copies: summary dating needs_manifests over_tags .found .kubernetes .from
include "oci" {search: "./lib"};
# By what an image is sorted, the reason why not by a date, and what is printed; errors come last.
def item:
  needs_manifests("stale")
  | if is_error then [{}, null, .]
    elif is_referrer_tag then empty
    else
      dating as $dating
      | {found, kubernetes, from} as $origin
      | [($dating | date_key), $dating[1],
         (if .info then . else summary end) + ($origin | with_entries(select(.value)))]
    end;
def result:
  ($ARGS.named.days // 365 | tonumber? // error("days is a number from 0: --argjson days 365")) as $days
  | (if $ARGS.named.now == null then [now]
     else $ARGS.named.now | instant // error("now is a date: --arg now 2024-01-31T00:00:00Z")
     end) as [$now]
  | sort_by(.[0])[]
  | . as [$key, $reason, $image]
  | if $key == {} then $image
    elif $reason then $image | undated_because($reason)
    else
      ($key | key_seconds) as $seconds
      | if $seconds < $now - $days * 86400 then $image + {age: (($now - $seconds) / 86400 | floor)}
        else empty
        end
    end;
map(item) | result
