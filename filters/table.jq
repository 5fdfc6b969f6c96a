# A table for people: reference, platform, date (UTC), compressed size and digest of each image.
# input: slurp
# output: raw
# reads: .ref .tag repository platform created undated layers tag_digest image_id
include "oci" {search: "./lib"};

# Bytes as people read them, in the decimal units docker shows.
def human:
  if . == null then "-"
  else
    {number: ., units: ["B", "kB", "MB", "GB", "TB", "PB"]}
    | until(.number < 999.95 or (.units | length) == 1; .number /= 1000 | .units |= .[1:])
    | "\(.number * 10 | round / 10) \(.units[0])"
  end;

def row:
  if is_error then [.ref, null, "error: \(.error.code): \(.error.message)"]
  else
    [ .ref // ([repository, .tag] | map(strings) | join(":") | select(. != "")) // null,
      platform,
      (undated as $reason
       | if $reason == "absent" then "no date" elif $reason then $reason
         else created | instant | .[0] | todate | .[:16] | sub("T"; " ")
         end),
      (layers_size | human),
      (tag_digest // image_id | strings // null | if . then sub("^sha256:"; "")[:12] else . end)
    ]
  end
  # What a terminal would obey instead of showing it.
  | map(. // "-" | tostring | gsub("[\\p{Cc}]"; "?"));

[["REFERENCE", "PLATFORM", "CREATED", "SIZE", "DIGEST"]] + map(row)
# The last cell of a row needs no width: it is an error's, or the digest.
| (map(.[:-1]) | transpose | map(map(values | length) | max)) as $widths
| .[]
| to_entries
| map(.value + " " * (($widths[.key] // 0) - (.value | length)) // "")
| join("  ")
| sub(" +$"; "")
