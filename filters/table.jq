# A table, the newest image first: reference, platform, date (UTC), compressed size and digest.
# input: slurp
# output: raw
# parameter: width number 0 how many columns wide at most, that of the terminal; 0 for no limit
# parameter: color boolean false the heading in bold and errors in red, as on a terminal
# reads: .error.message
# copies: .ref .tag repository platform dating layers_size .digest image_id needs_manifests over_tags
#
# A date that says when the image was built, and not what it was built from, has `built` behind it. Images
# without a real date come last, then errors. A digest is cut to its first twelve digits, and where a row is
# too long for `width`, dates lose their time of day, then references their beginning.
include "oci" {search: "./lib"};

# Bytes in the decimal units that docker shows.
def scaled($unit):
  if . < 999.95 or $unit == 5 then
    "\(. * 10 | round / 10) \(["B", "kB", "MB", "GB", "TB", "PB"][$unit])"
  else . / 1000 | scaled($unit + 1)
  end;
def human: if . == null then "-" else scaled(0) end;

# Of a row the reference and the platform, what stands for a date or the key of one, what stands behind it, the
# size and the digest; of an error its row.
def item:
  needs_manifests("table")
  | if is_referrer_tag then empty
    elif is_error then [[.ref, null, "error: \(.error.code): \(.error.message)"]]
    else
      dating as $dating
      | [ .ref // ([repository, .tag] | map(strings) | join(":") | select(. != "")) // null,
          platform,
          ($dating[1] | if . == "absent" then "no date" else . end),
          ($dating | date_key),
          (if $dating[2] then " built" else "" end),
          layers_size,
          (.digest // image_id | strings // null),
          null
        ]
    end;

def row:
  if length == 1 then .[0]
  else
    . as [$ref, $platform, $reason, $key, $built, $size, $digest]
    | [ $ref, $platform,
        ($reason // ($key | key_seconds | strftime("%Y-%m-%d %H:%M")) + $built),
        ($size | human),
        ($digest | if . == null then null elif startswith("sha256:") then .[7:19] else .[:12] end)
      ]
  end
  | map(if . then tostring else "-" end);

# One look at all rows is quicker than many at cells.
def all_printable: if (map(add) | add | is_printable) then . else map(map(printable)) end;

# A cell wider than that does not widen its column: the table would grow by it in every row.
def widest: 250;

# Rows with dates that have no time of day.
def by_day:
  map(
    if .[3] == null then .
    else
      .[2] |= if .[10:11] == " " and .[13:14] == ":" then .[:10] + .[16:]
              elif . == "CREATED (UTC)" then "CREATED"
              else .
              end
    end);

# How wide the columns are. The last cell of a row needs no width: it is an error's, or the digest.
def widths:
  [ (map(.[0] | length), map(.[1] | length), map(if .[3] then .[2] else "" end | length),
     map(.[3] // "" | length))
    | map(select(. <= widest)) | max // 0
  ];

# A line as terminals show it, by a parameter of "select graphic rendition" (ECMA-48).
def shown($rendition): "\u001b[\($rendition)m\(.)\u001b[0m";

# Lines of text in at most $width columns, which keep their beginning or their end.
def begin($width): if length > $width then .[:$width - 1] + "…" else . end;
def ending($width): if length > $width then "…" + .[length - $width + 1:] else . end;

def newest_first:
  # What sorts in reverse, with the place in the input for those that are the same.
  [range(length) as $at | [(.[$at] | if length == 1 then [0] else [1, .[3]] end), -$at, .[$at]]]
  | sort_by(.[:2])
  | reverse
  | map(.[2]);

def result:
  ($ARGS.named.width // 0 | tonumber? // error("width is a number of columns: --arg width 100")) as $width
  | newest_first
  | [["REFERENCE", "PLATFORM", "CREATED (UTC)", "SIZE", "DIGEST"]] + map(row)
  | all_printable
  | (if $width > 0 and (widths | add) + 20 > $width then by_day else . end)
  | widths as [$reference, $platform, $created, $size]
  | (if $width > 0 then [$reference, ([$width - $platform - $created - $size - 20, 20] | max)] | min
     else $reference
     end) as $reference
  | range(length) as $at
  | .[$at]
  | (.[3] == null) as $failed
  | (if $width > 0 then .[0] |= ending($reference) else . end)
  | .[0] + " " * ($reference - (.[0] | length)) + "  "
    + .[1] + " " * ($platform - (.[1] | length)) + "  "
    + if $failed then .[2]
      else
        .[2] + " " * ($created - (.[2] | length)) + "  "
        + .[3] + " " * ($size - (.[3] | length)) + "  " + .[4]
      end
  | if endswith(" ") then sub(" +$"; "") else . end
  | if $failed and $width > 0 then begin([$width, 40] | max) else . end
  | if $ARGS.named.color != true then .
    elif $at == 0 then shown(1)
    elif $failed then shown(31)
    else .
    end;
map(item) | result
