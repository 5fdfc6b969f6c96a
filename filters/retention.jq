# Tags that could be deleted: old, not among the newest, and needed by nothing that stays.
# input: slurp
# output: json
# parameter: keep number 10 how many images of each repository stay, whatever their age
# parameter: days number 30 how many days old an image must be at least to be deletable
# parameter: only string "" a regular expression: only these tags may go, and only they count
# parameter: protect string "" a regular expression: these tags may not go
# parameter: used file "" what runs somewhere stays: records or Kubernetes objects; --rawfile for lines
# parameter: now string "" compute as of this time, such as 2024-01-31T00:00:00Z
# reads: by_repository retention needs_manifests
#
# Nothing is deleted. The output lists the tags that are not among the newest `keep` (10) images of their
# repository and were built more than `days` (30) days ago; `deletable` says whether one could be
# deleted, `reason` why, and `delete` what to hand to a tool, in this order: with the image what refers
# to it and what only its index holds. What has no real date is listed and stays.
#
# What a tag that stays needs is not deletable: its digest, whatever other names it has, all that its
# index holds, and what refers to any of that. Neither is anything of a repository of which an input
# failed, or does not tell what it needs.
#
# jq 1.8.2 aborts where a library is included before one that includes it.
include "retention" {search: "./lib"};
include "used" {search: "./lib"};
include "oci" {search: "./lib"};

def setting($name; $default):
  ($ARGS.named[$name] // $default | tonumber? // .)
  | if type == "number" and . >= 0 then .
    else error("\($name) is a number from 0: --argjson \($name) \($default)")
    end;

def expression($name):
  $ARGS.named[$name]
  | if . == null then .
    elif type != "string" then error("\($name) is a regular expression: --arg \($name) ^v1")
    else
      . as $regex
      | try (("" | test($regex)) | $regex)
        catch error("\($name) is not a valid regular expression: \($regex)")
    end;

def limit($days):
  if $ARGS.named.now == null then [now]
  else $ARGS.named.now | instant // error("now is a date: --arg now 2024-01-31T00:00:00Z")
  end
  | .[0] - $days * 86400;

setting("keep"; 10) as $keep
| if $keep == ($keep | floor) then . else error("keep is a whole number: --argjson keep 10") end
| setting("days"; 30) as $days
| limit($days) as $limit
| expression("only") as $only
| expression("protect") as $protect
| needs_manifests("retention")
| used_images($ARGS.named.used) as $used
# A tag that failed may have any digest of its repository.
| (map(select(is_error)) + ($used.errors // []) | missing(true)) as $errors
| over_images(
    by_repository[]
    | retention_tags($only; $protect; $used; $errors)
    | retention_verdicts($keep; $days; $limit)
  )
