# Tags that could go if the newest (--argjson keep 10) and the last days' (--argjson days 30) stay.
# input: slurp
# output: json
# reads: .registry .ref repository tag_or_digest tag_digest created undated by_date
#
# Nothing is deleted. Listed are the tags that are neither among so many newest of their repository
# nor younger than so many days; `goes` says whether one could go. It does not where another tag that
# stays has the same digest, itself or for a platform that came in (manifests --all-platforms),
# because registries delete manifests; and where it has no real date.
# --arg now 2024-01-31T00:00:00Z asks as of that time.
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
  group_by(tag_or_digest)
  | map(
      # Without the manifests of its platforms an index is of no use.
      (map(tag_digest, .digest) | unique) as $digests
      | max_by(by_date)
      | {ref, repository: repository, tag, digest: tag_digest, created: created, undated: undated,
         date: by_date, digests: $digests}
    );

def verdicts($keep; $days; $limit):
  (map(select(.undated | not)) | sort_by(.date) | reverse) as $dated
  | ($dated | to_entries | map(select(.key >= $keep and .value.date[1] < $limit) | .value)) as $old
  | (. - $old) as $staying
  | ($old | reverse)[], (.[] | select(.undated))
  | .digest as $digest
  | [ $staying[]
      | select($digest != null and any(.digests[]; . == $digest))
      | .tag // .digest
    ] as $sharing
  | {ref, repository, tag, digest, created}
    + if .undated then {goes: false, undated, reason: "it has no real date"}
      elif $sharing != [] then
        {goes: false, reason: "its digest is also that of \($sharing | join(", "))"}
      else {goes: true, reason: "older than \($days) days, and not among the \($keep) newest"}
      end;

setting("keep"; 10) as $keep
| setting("days"; 30) as $days
| limit($days) as $limit
| over_images(group_by([.registry, repository])[] | by_tag | verdicts($keep; $days; $limit))
