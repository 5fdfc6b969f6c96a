# When the image of each tag was built, as a picture: a line a tag, the newest first, older ones further left.
# input: slurp
# output: raw
# parameter: width number 100 how many columns wide
# reads: .ref .tag .digest repository dating needs_manifests is_referrer_tag
#
# The dates are those of `table`. Tags without a real date come last, with the reason.
include "oci" {search: "./lib"};

($ARGS.named.width // 100 | tonumber? // error("width is a number of columns: --arg width 100")) as $given
| ($given | floor | if . < 40 then 40 elif . > 1000 then 1000 else . end) as $width
| def plain: tostring | printable;
  def cut($most): if length > $most then .[:$most - 1] + "…" else . end;
  def name: .ref // .tag // repository // .digest // "an image" | plain;
  def day: if . then strftime("%Y-%m-%d") else "no date   " end;
needs_manifests("timeline")
| map(select(is_error)) as $errors
| map(select(is_error or is_referrer_tag | not) | [name, dating])
# One line a tag, by the newest of its platforms.
| group_by(.[0])
| map(max_by(.[1] | date_key) | {name: .[0], reason: .[1][1], at: (if .[1][1] then null else .[1][0][0] end)})
| ([.[].name | length] | max // 0 | if . > $width / 2 then $width / 2 | floor else . end) as $names
| (map(.at | numbers) | [min, max]) as [$first, $last]
| ([$width - $names - 14, 10] | max) as $bar
| (sort_by([(if .at then 0 else 1 end), -(.at // 0), .name])[]
| (.name | cut($names)) as $name
| $name + " " * ($names - ($name | length)) + "  " + (.at | day) + "  "
  + if .at == null then .reason
    else
      (if $last == $first then $bar - 1 else (.at - $first) / ($last - $first) * ($bar - 1) | round end) as $at
      | (if $at == 0 then "" else "─" * $at end) + "●"
    end),
  ($errors[] | "\(name): error: \(.error.code): \(.error.message)" | plain)
