# A table: reference, platform, date (UTC), compressed size and digest of each image.
# input: slurp
# output: raw
# reads: .ref .tag repository platform dating layers .digest image_id needs_manifests is_referrer_tag
#
# A date that says when the image was built, and not what it was built from, has `built` behind it.
include "oci" {search: "./lib"};

# Bytes in the decimal units that docker shows.
def scaled($unit):
  if . < 999.95 or $unit == 5 then
    "\(. * 10 | round / 10) \(["B", "kB", "MB", "GB", "TB", "PB"][$unit])"
  else . / 1000 | scaled($unit + 1)
  end;
def human: if . == null then "-" else scaled(0) end;

def row:
  if is_error then [.ref, null, "error: \(.error.code): \(.error.message)"]
  else
    [ .ref // ([repository, .tag] | map(strings) | join(":") | select(. != "")) // null,
      platform,
      (dating
       | if .[1] == "absent" then "no date"
         elif .[1] then .[1]
         else (.[0][0] | strftime("%Y-%m-%d %H:%M")) + if .[2] then " built" else "" end
         end),
      (layers_size | human),
      (.digest // image_id | strings // null
       | if . == null then null elif startswith("sha256:") then .[7:19] else .[:12] end)
    ]
  end
  | map(if . then tostring else "-" end);

# Characters that a terminal would interpret.
def control: "[\\p{Cc}]";
def without_control:
  if (map(add) | add | test(control)) then
    map(if (add | test(control)) then map(gsub(control; "?")) else . end)
  else .
  end;

# A cell wider than that does not widen its column: the table would grow by it in every row.
def widest: 250;

needs_manifests("table")
| map(select(is_referrer_tag | not))
| [["REFERENCE", "PLATFORM", "CREATED (UTC)", "SIZE", "DIGEST"]] + map(row)
| without_control
# The last cell of a row needs no width: it is an error's, or the digest.
| [ (map(.[0] | length), map(.[1] | length), map(if .[3] then .[2] else "" end | length),
     map(.[3] // "" | length))
    | map(select(. <= widest)) | max // 0
  ] as [$reference, $platform, $created, $size]
| .[]
| .[0] + " " * ($reference - (.[0] | length)) + "  "
  + .[1] + " " * ($platform - (.[1] | length)) + "  "
  + if .[3] == null then .[2]
    else
      .[2] + " " * ($created - (.[2] | length)) + "  "
      + .[3] + " " * ($size - (.[3] | length)) + "  " + .[4]
    end
| if endswith(" ") then sub(" +$"; "") else . end
