# When the image of each tag was built, as a picture: a line a tag, the newest first, older ones further left.
# input: slurp
# output: raw
# parameter: width number 100 how many columns wide
# reads: .error.message
# copies: .ref .tag .digest repository dating needs_manifests over_tags
#
# The dates are those of `table`. Tags without a real date come last, with the reason.
include "oci" {search: "./lib"};

def plain: tostring | printable;
def cut($most): if length > $most then .[:$most - 1] + "…" else . end;
def name: .ref // .tag // repository // .digest // "an image";
def day: if . then strftime("%Y-%m-%d") else "no date   " end;

# The name of an image, why it has no real date, and what sorts it; errors come last.
def item:
  needs_manifests("timeline")
  | if is_error then [{}, ("\(name | plain): error: \(.error.code): \(.error.message)" | plain)]
    elif is_referrer_tag then empty
    else dating as $dating | [[name], $dating[1], ($dating | date_key), null]
    end;

def result:
  ($ARGS.named.width // 100 | tonumber? // error("width is a number of columns: --arg width 100")) as $given
  | ($given | floor | if . < 40 then 40 elif . > 1000 then 1000 else . end) as $width
  | over_items(
      # One line a tag, by the newest of its platforms.
      map(.[0] |= (.[0] | plain))
      | group_by(.[0])
      | map(max_by(.[2]) | {name: .[0], reason: .[1], at: (if .[2] then .[2] | key_seconds else null end)})
      | ([.[].name | length] | max // 0 | if . > $width / 2 then $width / 2 | floor else . end) as $names
      | (map(.at | numbers) | [min, max]) as [$first, $last]
      | ([$width - $names - 14, 10] | max) as $bar
      | sort_by([(if .at then 0 else 1 end), -(.at // 0), .name])[]
      | (.name | cut($names)) as $name
      | $name + " " * ($names - ($name | length)) + "  " + (.at | day) + "  "
        + if .at == null then .reason
          else
            (if $last == $first then $bar - 1 else (.at - $first) / ($last - $first) * ($bar - 1) | round end) as $at
            | (if $at == 0 then "" else "─" * $at end) + "●"
          end
    );
map(item) | result
