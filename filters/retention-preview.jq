# What retention would list under several settings, --argjson settings '[{"keep":3,"days":30}]'.
# input: slurp
# output: json
# parameter: settings array [{"keep":10,"days":30}] the settings
# parameter: now string "" compute as of this time, such as 2024-01-31T00:00:00Z
# reads: by_repository retention needs_manifests
#
# A line for each repository: {registry, repository, tags: [[ref, seconds since 1970, why it has no real date,
# the number of its note or 0]…], settings: [{keep, days, runs: [[first, count, deletable, reason]…]}…], notes}.
# A run is so many of `tags` from the first on; what is in none is not listed. Notes are for those that could
# be deleted; see retention.
include "retention" {search: "./lib"};
include "used" {search: "./lib"};
include "oci" {search: "./lib"};

def is_number: type == "number" and . >= 0;

needs_manifests("retention-preview")
| ($ARGS.named.settings // [{}]
   | if type == "array" then . else [null] end
   | map(if type == "object" then {keep: 10, days: 30} + . else null end)) as $settings
| if all($settings[]; (.keep | is_number and . == floor) and (.days | is_number)) then .
  else error("settings is a list of keep, a whole number, and days: --argjson settings '[{\"keep\":3,\"days\":30}]'")
  end
| (if $ARGS.named.now == null then now
   else
     ($ARGS.named.now | instant // error("now is a date: --arg now 2024-01-31T00:00:00Z"))[0]
   end) as $now
| (map(select(is_error)) | missing(true)) as $errors
| over_images(by_repository[] | repository_preview($errors; $settings; $now; dating))
