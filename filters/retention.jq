# Tags that could be deleted if the newest (--argjson keep 10) and those of 30 days (--argjson days) stay.
# input: slurp
# output: json
# reads: by_repository .ref tag_or_digest .digest member_digest dating created_from
#
# Nothing is deleted. The output lists the tags that are not among the newest `keep` of their
# repository and not younger than `days`; `deletable` says whether a tag could be deleted. It could
# not if a tag that stays has the same digest, itself or for one of its platforms (manifests
# --all-platforms), because registries delete manifests; if an error record may stand for such a tag;
# or if it has no real date, or one from a label, which may be its base image's.
# --arg now 2024-01-31T00:00:00Z computes as of that time.
include "oci" {search: "./lib"};

def setting($name; $default):
  ($ARGS.named[$name] // $default)
  | if type == "number" and . >= 0 then .
    else error("\($name) is a number from 0: --argjson \($name) \($default)")
    end;

def limit($days):
  if $ARGS.named.now == null then [now]
  else $ARGS.named.now | instant // error("now is a date: --arg now 2024-01-31T00:00:00Z")
  end
  | .[0] - $days * 86400;

# One object for a tag, whatever the number of its platforms; its date is the newest of theirs.
def by_tag:
  map([tag_or_digest, dating, .])
  | group_by(.[0])
  | map(
      # An index needs the manifests of its platforms.
      (if .[1] then map(.[2] | .digest, member_digest) | unique else .[0][2] | [.digest, member_digest] end)
        as $digests
      | (if .[1] then max_by(.[1] | date_key) else .[0] end) as [$_, $dating, $image]
      | {
          $image, digest: $image.digest, undated: $dating[1], date: ($dating | date_key), $digests,
          labelled: any(.[]; .[1][2] == null and (.[2] | created_from == "label"))
        }
    );

# Of tags that stay, which have a digest: {digest: [at most so many of their names, how many there are]}.
def most: 10;
def owners:
  [range(length) as $at | .[$at] | .digests[] as $digest | select($digest | type == "string")
   | [$digest, $at, (.image.tag // .digest)]]
  | unique
  | group_by(.[0])
  | reduce .[] as $owners ({}; .[$owners[0][0]] = [($owners[:most] | map(.[2])), ($owners | length)]);

def others: "\(.[0] | join(", "))" + if .[1] > most then " and \(.[1] - most) more" else "" end;

# A tag that is not among the newest and not recent.
def verdicts($keep; $days; $limit; $errors):
  [range(length) as $at | .[$at] | .at = $at] as $tags
  | ($tags | map(select(.undated | not)) | sort_by(.date) | reverse) as $dated
  | [$dated[$keep | ceil:][] | select(.date[1] < $limit)] as $old
  | (reduce $old[] as $tag ([]; .[$tag.at] = true)) as $is_old
  | ([$tags[] | select($is_old[.at] | not)] | owners) as $staying
  | ($old | reverse)[], ($tags[] | select(.undated))
  | .digest as $digest
  | .undated as $undated
  | .labelled as $labelled
  | .image
  | {ref, repository: repository, tag, $digest, created: created}
    + (built | if . then {built: .} else {} end)
    + if $undated then {deletable: false, $undated, reason: "it has no real date"}
      elif $labelled then
        {deletable: false, reason: "its date is from a label, which may be that of its base image"}
      elif ($digest | type) == "string" and $staying[$digest] then
        {deletable: false, reason: "its digest is also that of \($staying[$digest] | others)"}
      else
        missing_as($errors; null) as $error
        | if $error then
            {deletable: false, reason: "\($error) is an error record, and may have its digest"}
          else
            {deletable: true, reason: "older than \($days) days, and not among the \($keep) newest"}
          end
      end;

setting("keep"; 10) as $keep
| setting("days"; 30) as $days
| limit($days) as $limit
# A tag that failed may have any digest of its repository.
| (map(select(is_error)) | missing(true)) as $errors
| over_images(by_repository[] | by_tag | verdicts($keep; $days; $limit; $errors))
