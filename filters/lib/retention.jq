# Long because what is known of tags, what they need and the two ways to print it share most definitions.
#
# What `retention` does with a repository: once what its tags are and need (`retention_tags`), then, for
# each setting of `keep` and `days`, which of them could be deleted (`retention_verdicts`).
#
# reads retention: .ref tag_or_digest dating created created_from image_id is_referrer_tag pinned
# reads retention: .info .imageDigest .image.digest .mediaType .index.manifests .index.platforms
# reads retention: member_digest .index.annotations."org.opencontainers.image.created"
# reads retention: .index.subject.digest .subject.digest .referrers
include "used" {search: "./"};
include "oci" {search: "./"};

# The types of what holds nothing: of images and artifacts.
def _is_single:
  {
    "application/vnd.oci.image.manifest.v1+json": true, "application/vnd.oci.artifact.manifest.v1+json": true,
    "application/vnd.docker.distribution.manifest.v2+json": true,
    "application/vnd.docker.distribution.manifest.v1+json": true,
    "application/vnd.docker.distribution.manifest.v1+prettyjws": true
  }[.mediaType | strings // ""];

# The digests that the index of a record holds; null where there is one, or may be, and it does not tell. A
# record that lost its `index` on the way is that of an image only where it says so.
def _held:
  if .index then
    .index.manifests | if type == "array" then map(strings) else null end
  elif .imageDigest then null
  elif .image.digest then if .image.digest == .digest then [] else null end
  elif _is_single then []
  else null
  end;

# Why a record does not tell what it needs, if it does not.
def _opaque($held):
  if .info then "report"
  elif $held then null
  elif .index or .image.digest then "index"
  else "record"
  end;

# What refers to what, [subject, digest] each, by a record.
def _refers:
  .digest as $digest
  | [ (.subject.digest?, .index.subject.digest? | strings | [., $digest]),
      (_array(.referrers)[] | objects | [(.subject | strings) // $digest, (.digest | strings)])
    ];

# The `dating` of an image, or of its index if that says by an annotation of its own that it was built later:
# it may have been made anew of images that are old, or have no date but their source's.
def _dated_by_index($own):
  (if .index then _string(.index.annotations["org.opencontainers.image.created"]) else null end) as $said
  | if $said == null or $own[1] then $own
    else
      ($said | _dated) as [$instant, $why]
      | if $why == null and $instant > $own[0] then [$instant, null, $said] else $own end
    end;

# What is known of a tag by one record of it; `dated` gives its `dating`.
def _by_record(dated):
  dated as $own
  | _dated_by_index($own) as $dating
  | _held as $held
  | (.digest | strings // null) as $digest
  | {
      image: ., $digest, holds: ($held // []),
      # Why it may not go, whatever its age.
      kept: (if $digest then null else "it has no digest" end),
      undated: $dating[1], date: (if $dating[1] then [0] else [1] + $dating[0] end), built: $dating[2],
      # The date of the image itself, as other programs have it.
      own: $own[0][0],
      labelled: ($own[2] == null and created_from == "label"),
      # Why nothing here can be deleted: what other images need is not told.
      opaque: _opaque($held),
      refers: (if .subject or .referrers or .index then _refers else [] end),
      is_referrer: (_object(.subject) != null or _object(.index.subject) != null),
      # How many images of its index are not known, and whether referrers were looked for.
      unseen: (if .index then (.index.platforms | if type == "array" then length else 2 end) - 1 else 0 end),
      searched: ((.referrers | type) == "array")
    };

# What is known of a tag by its records, which are usually one, or one a platform.
def _by_records(dated):
  if .[1] == null then .[0] | _by_record(dated)
  else
    map(_by_record(dated))
    | (map(.image.digest | strings) | unique) as $digests
    | map(.image | _string(.image.digest) // member_digest) as $members
    | max_by(.date)
      + {
          digest: $digests[0], others: $digests[1:], holds: (map(.holds) | add | unique), images: map(.image),
          kept: (if $digests[1] then "its records have several digests" else .[0].kept end),
          labelled: any(.[]; .labelled), opaque: (map(.opaque | strings)[0]), refers: map(.refers[]),
          own: (map(.own | numbers) | max),
          unseen: ((map(.unseen) | max) + 1 - ($members | (map(strings) | unique | length) + (map(nulls) | length))),
          searched: all(.[]; .searched)
        }
  end;

# A tag that may not go, as the user wants: `aside` was not asked about, `kept` is why.
def _restricted($only; $protect; $used):
  (.image.tag | strings // null) as $tag
  | .aside = ($only != null and ($tag == null or ($tag | test($only) | not)))
  | .kept =
      if .kept then .kept
      elif $protect != null and $tag != null and ($tag | test($protect)) then "it is protected: \($protect)"
      elif $used == null then null
      else
        [(.images[]?, .image) | image_id] as $ids
        | [.digest, .others[]?, .holds[], $ids[]] as $digests
        | (.image | used_as($used; $digests)) as $as
        | if $as then "it is used: \($as)"
          elif $used.ids | not then null
          elif .unseen > 0 then "it may be used: image IDs of other platforms are known with manifests --all-platforms"
          elif any($ids[]; . == null) then "it may be used: it does not tell its image ID"
          else null
          end
      end;

# {digest: [what belongs to it]} of pairs.
def _grouped: group_by(.[0]) | reduce .[] as $pairs ({}; setpath([$pairs[0][0]]; $pairs | map(.[1])));

# Subjects by as much of a digest as the tags `sha512-…` hold.
def _subject: .[:71];

# The tags of a repository and what they need, of its records.
#
# $only and $protect are regular expressions or null, $used is what `used_images` gives, $errors what
# `missing(true)` gives, and `dated` the `dating` of a record.
def retention_tags($only; $protect; $used; $errors; dated):
  (map(select(is_referrer_tag))) as $referrers
  | (map(select(is_referrer_tag | not))) as $images
  | ($images
     | group_by(tag_or_digest)
     | map(_by_records(dated))
     | if $only == null and $protect == null and $used == null then .
       else map(_restricted($only; $protect; $used))
       end) as $tags
  | ([$tags[].refers[] | select(.[1] | strings)]
     + ($referrers | map([(.tag | .[:6] + ":" + .[7:71]), (.digest | strings)]))
     | map(.[0] |= _subject)
     | unique
     | _grouped) as $refers
  | (reduce (($tags[] | select(.holds != []) | [.digest, .holds]),
             ($referrers[] | select(.digest | strings) | [.digest, (_held // [])])
             | select(.[0])) as [$digest, $holds] ({};
       setpath([$digest]; $holds)
     )) as $holds
  | (reduce $holds[][] as $digest ({}; setpath([$digest]; true))) as $parts
  | (if $images == [] then null else $images[0] | missing_as($errors; null) end) as $error
  | (first(($tags[], ($referrers[] | {image: ., opaque: _opaque(_held)})) | select(.opaque)) // null) as $opaque
  | {
      tags: [range($tags | length) as $at | $tags[$at] | . + {$at, part: ($parts[.digest // ""] // false)}],
      $refers, $holds,
      used: ($used.digests // {} | keys_unsorted),
      # Why nothing of the repository can be deleted, or null.
      blocked: (
        if $error then "\($error) is an error record, and may have its digest"
        elif $opaque == null then null
        else
          "\($opaque.image | .tag // .ref // "an input") "
          + {
              report: "is a report, which does not tell what other images need",
              index: "is an index that does not tell what it holds",
              record: "is a record that does not tell whether it is of an index"
            }[$opaque.opaque]
        end)
    }
  # The dates of the images that `keep` counts, the newest first.
  | .ranked = (
      [.tags[] | select((.undated or .labelled or .aside or .part or .digest == null) | not)
       | select(.kept == null or (.kept | startswith("it is used: ") or startswith("it may be used: ")))
       | [.digest, .date]]
      | group_by(.[0])
      | map(max[1])
      | sort
      | reverse
    );

def retention_tags($only; $protect; $used; $errors): retention_tags($only; $protect; $used; $errors; dating);

# Of tags that stay: {digest: [at most so many of their names, how many there are]}.
def _most: 10;
def _name: .image | .tag // .digest // .ref;
def _digests: (.digest | strings), .others[]?;
def _owners:
  [.[] | _name as $name | .at as $at | _digests | [., $at, $name]]
  | group_by(.[0])
  | reduce .[] as $owners ({};
      setpath([$owners[0][0]]; [($owners[:_most] | map(.[2])), ($owners | length)])
    );
def _others: "\(.[0] | join(", "))" + if .[1] > _most then " and \(.[1] - _most) more" else "" end;

# Mark what a digest that stays needs, with the reason.
def _needed($digest; $why; $name; $known):
  if .[$digest] then .
  else
    setpath([$digest]; [$why, $name])
    | reduce ($known.holds[$digest] // empty)[] as $held (.; _needed($held; "is in the index of"; $name; $known))
    | reduce ($known.refers[$digest | _subject] // empty)[] as $referrer (.;
        _needed($referrer; "refers to what stays of"; $name; $known))
  end;

# Mark what goes with a digest, unless it stays, as belonging to the tag $at. The order is that of
# deletion: referrers before their subject, what an index holds after it.
def _going($digest; $at; $order; $staying; $known):
  if .[$digest] or $staying[$digest] then .
  else
    setpath([$digest]; [$at, $order, $digest])
    | reduce ($known.holds[$digest] // empty)[] as $held (.;
        _going($held; $at; $order + 0.01; $staying; $known))
    | reduce ($known.refers[$digest | _subject] // empty)[] as $referrer (.;
        _going($referrer; $at; $order - 1; $staying; $known))
  end;

# What refers to an image and what is in an index come after those, which then list it.
def _deletion_order: [.is_referrer, .part, .holds == [], .date];

# The oldest date that is among the newest, [] where all are; and whether others have it that are not.
def _newest($keep):
  ($keep | ceil) as $count
  | (.ranked | if $count == 0 then null elif length <= $count then [] else .[$count - 1] end) as $last
  | {$last, tied: ($last and $last != [] and .ranked[$count] == $last)};

# Why an old tag stays that is no older than the last that is kept.
def _reason_tied($keep): "its date is that of the last of the \($keep) newest";

# Which tags of a repository stay under one setting; $limit is in seconds. Each of `tags` comes as
# [tag, why]: "" if it was not asked about, is not old or is among the newest; null if it is `old`.
# `owners` and `staying` say which digests are needed, and by what.
def _judged($keep; $limit):
  . as $known
  | _newest($keep) as {$last, $tied}
  | [.tags[] | [.,
      if .aside then ""
      elif .undated then "it has no real date"
      elif .date[1] >= $limit then ""
      elif .kept then .kept
      elif .labelled then "its date is from a label, which may be that of its base image"
      elif $last and .date >= $last and (.part | not) then
        if $tied and .date == $last then _reason_tied($keep) else "" end
      else null
      end]
    ] as $tags
  | [$tags[] | select(.[1] == null)[0]] as $old
  | (if $old == [] or .blocked then [] else [$tags[] | select(.[1])[0]] end) as $stay
  | (reduce (($stay[] | _name as $name | _digests | [., $name]), (.used[] | [., "what is used"]))
       as [$digest, $name] ({}; _needed($digest; "belongs to"; $name; $known))) as $staying
  | {$tags, $old, owners: ($stay | _owners), $staying};

# Whether an old tag could be deleted.
def _is_free($known; $judged): $known.blocked == null and .digest != null and $judged.staying[.digest] == null;

# Why a tag could be deleted.
def _reason_to_go($keep; $days): "older than \($days) days, and not among the \($keep) newest";

# Why an old tag may not go.
def _reason_to_stay($known; $judged):
  $known.blocked
  // if $judged.owners[.digest] then "its digest is also that of \($judged.owners[.digest] | _others)"
     else $judged.staying[.digest] | "it \(.[0]) \(.[1])"
     end;

# What may not be known of a tag that could be deleted, and which of it is not: a number from 1, or 0.
def _notes:
  ("referrers that only an API lists" | ., "dates of other platforms, and \(.)")
  | "\(.) are not known: use manifests --referrers --all-platforms";
def _noted: if .unseen > 0 then 2 elif .searched then 0 else 1 end;
def _note: _noted as $number | if $number == 0 then null else [_notes][$number - 1] end;

# A line for each tag that is old, or has no date, under one setting; $limit is in seconds. Those that
# could be deleted come first, in the order of deletion.
def retention_verdicts($keep; $days; $limit):
  . as $known
  | _judged($keep; $limit) as $judged
  | $judged.staying as $staying
  | [$judged.old[] | select(_is_free($known; $judged))] as $free
  | (reduce ($free | sort_by(_deletion_order)[]) as $tag ({};
       _going($tag.digest; $tag.at; 0; $staying; $known)
     )
     | [.[]]
     | group_by(.[0])
     | reduce .[] as $group ({}; setpath(["\($group[0][0])"]; $group | sort | map(.[2])))) as $going
  | ($free | sort_by(_deletion_order)[] | [., null, true]),
    ([($judged.old[] | select(_is_free($known; $judged) | not) | [., null, false]),
      ($judged.tags[] | select(.[1] and .[1] != "" and (.[0].undated | not)) | . + [false])]
     | sort_by(.[0].date)[]),
    ($judged.tags[] | select(.[0].undated and .[1] != "") | . + [false])
  | . as [$tag, $stays, $is_free]
  | $tag.image
  | pinned as $pinned
  | {registry, ref, repository: repository, tag, digest, created: created}
    + (if $tag.built then {built: $tag.built} else {} end)
    + if $tag.undated then {deletable: false, undated: $tag.undated, reason: $stays}
      elif $is_free then {deletable: true, reason: _reason_to_go($keep; $days)}
      else {deletable: false, reason: ($stays // ($tag | _reason_to_stay($known; $judged)))}
      end
    + if $pinned == null then {}
      else
        {$pinned}
        + if $is_free then
            ($pinned / "@")[0] as $name | {delete: [($going["\($tag.at)"] // [])[] | "\($name)@\(.)"]}
          else {}
          end
      end
    + (if $is_free then $tag | _note else null end | if . then {note: .} else {} end);

# A tag whose verdict depends on no other tag but by its date: nothing that stays can need it, and it needs
# nothing that could be another tag.
def _is_plain($known; $shared; $needed):
  (.digest == null or .undated or .labelled or .kept or .aside or .part or .others
   or $shared[.digest] or $needed.digests[.digest]
   or ($needed.any and ($known.holds[.digest] // [] != [] or $known.refers[.digest | _subject]))) | not;

# How many of the sorted $keys, [date, place], are before a date.
def _before($keys; $date): $keys | bsearch([$date]) | if . < 0 then -1 - . else . end;

# The verdicts of `retention_verdicts` under several settings, $now in seconds:
# {tags: [[ref, seconds since 1970, why there is no real date, the number of its note or 0]…],
#  settings: [{keep, days, runs: [[first, count, deletable, reason]…]}…], notes}; a run is of `tags`.
#
# Of plain tags, which come first, the oldest could be deleted, so that each setting is a number for them.
def retention_preview($settings; $now):
  . as $known
  | ([.tags[] | _digests] | group_by(.) | reduce (.[] | select(.[1])[0]) as $digest ({};
      setpath([$digest]; true))) as $shared
  | (reduce .refers[][] as $digest ({}; setpath([$digest]; true))) as $referrers
  | {digests: $referrers, any: any(.tags[]; .part or $referrers[.digest // ""])} as $needed
  | ([.tags[] | [., $known.used == [] and _is_plain($known; $shared; $needed)]]) as $tags
  | ([$tags[] | select(.[1]) | [.[0].date, .[0].at]] | sort) as $keys
  | ($keys | length) as $count
  | [$tags[] | select(.[1] | not)[0]] as $others
  | ($known | .tags = [range($others | length) as $at | $others[$at] | setpath(["place"]; $count + $at)]) as $rest
  | {
      tags: [($known.tags[$keys[][1]], $others[])
             | [.image.ref, (if .undated then null else .own end), .undated, _noted]],
      settings: [
        $settings[] as {$keep, $days}
        | ($now - $days * 86400) as $limit
        | ($known | _newest($keep)) as {$last, $tied}
        | _before($keys; [1, $limit]) as $aged
        | (if $last then [$aged, _before($keys; $last)] | min else $aged end) as $old
        | (if $tied then [$aged, _before($keys; $last + [0])] | min else $old end) as $ties
        | ($rest | _judged($keep; $limit)) as $judged
        | {$keep, $days, runs: [
            ([0, $old, $known.blocked == null, $known.blocked // _reason_to_go($keep; $days)],
             [$old, $ties - $old, false, _reason_tied($keep)]
             | select(.[1] > 0)),
            ($judged.old[]
             | if _is_free($known; $judged) then [.place, 1, true, _reason_to_go($keep; $days)]
               else [.place, 1, false, _reason_to_stay($known; $judged)]
               end),
            ($judged.tags[] | select(.[1] and .[1] != "") | [.[0].place, 1, false, .[1]])
          ]}
      ],
      notes: [_notes]
    };

# The same for the records of a repository, with its name: a line of `retention-preview`.
def repository_preview($errors; $settings; $now; dated):
  {registry: (.[0] | .registry), repository: (.[0] | repository)}
  + (retention_tags(null; null; null; $errors; dated) | retention_preview($settings; $now));
