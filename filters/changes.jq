# What changed since an earlier stream, --slurpfile before OLD.ndjson: tags added, removed or moved.
# input: slurp
# output: json
# parameter: before file "" the earlier stream
# parameter: by string ref what makes two tags the same: ref, or name, whatever the registry
# reads: registry_name .ref .tag .digest repository platform created image_id member_digest needs_manifests
# reads: .platform."os.version"
#
# A tag with several platforms has a line for each of them that changed; `platform` is null where the
# index alone did. Where one of the streams has an error record, nothing is said of what it stands for.
# Reports and manifest records are compared by what both tell. --arg by name compares a registry with its mirror:
# tags are the same if their repository and name are.
include "oci" {search: "./lib"};

# What tells a tag from others; without a tag its `ref` does. By name, registries do not matter.
def name($by):
  if $by == "name" then [repository, .tag, if .tag == null then .digest else null end]
  else [registry_name, repository, .tag, if .tag == null then .ref else null end]
  end
  | tojson;

# An image or error record without its registry, by name.
def nameless($by): if $by == "name" and repository then {repository: repository, tag} else . end;

# What an image of a tag is.
def image:
  {
    platform: platform, version: (.platform | objects | ."os.version") // null,
    digest, member: member_digest, image: image_digest, created: created, sha: image_id
  };

# Those of one platform as [before, after]: what is the same in both, then the others in their order.
def matched($old; $new):
  if ($old | length) < 2 and ($new | length) < 2 then [$old[0], $new[0]]
  else
    (reduce $old[] as $image ({}; .["\($image.image)"] = $image)) as $was
    | (reduce $new[] as $image ({}; .["\($image.image)"] = $image)) as $is
    | ($was | to_entries | map(select(.key | in($is))) | .[] | [.value, $is[.key]]),
      ([[$was, $is], [$is, $was]]
       | map(. as [$these, $those]
             | $these | to_entries | map(select(.key | in($those) | not) | .value))
       | transpose[])
  end;

# The images of a tag as [before, after], platform by platform. Where the tag has one at a time,
# these are a pair even if the platform is another. Windows has several versions of a platform.
def pairs($old; $new):
  if ($old | length) == 1 and ($new | length) == 1 then [$old[0], $new[0]]
  else
    (any($old[]; .version) and any($new[]; .version)
      or ($old == [] or $new == [])) as $versions
    | ([($old[] | [0, .]), ($new[] | [1, .])]
       | reduce .[] as [$side, $image] ({};
           ("\($image.platform)" + if $versions then " \($image.version)" else "" end) as $key
           | .[$key][$side] += [$image]
         ))[]
    | matched(.[0] // []; .[1] // [])
  end;

def shown:
  if . then {digest} + (if .member then {imageDigest: .member} else {} end) + {created, sha} else null end;

# Whether two images differ in the first of these that both tell. A tag that still points to the same
# has the same images.
def differ:
  . as [$was, $is]
  | if $was.digest and $was.digest == $is.digest then false
    elif $was.image and $is.image then $was.image != $is.image
    else ($was.sha and $is.sha) and $was.sha != $is.sha
    end;

# The pairs that differ; if none does, the tag itself, where it points to another index.
def different($old; $new):
  [pairs($old; $new)] as $pairs
  | ($pairs | map(select(.[0] == null or .[1] == null or differ))) as $moved
  | if $moved != [] then $moved[]
    else
      $pairs[0]
      | select(.[0].digest and .[1].digest and .[0].digest != .[1].digest)
      | if ($pairs | length) > 1 then map(.platform = null | .member = null) else . end
    end;

if ($ARGS.named.before | type) != "array" then
  error("changes compares with an earlier stream: --slurpfile before OLD.ndjson")
else . end
| ($ARGS.named.by // "ref") as $by
| if $by == "ref" or $by == "name" then . else error("by is ref or name: --arg by name") end
| needs_manifests("changes")
| map(select(is_error)) as $errors
| ($ARGS.named.before | needs_manifests("changes") | map(select(is_error))) as $earlier
| ($errors + $earlier | map(nameless($by)) | missing(false)) as $missing
| (
    [ foreach (($ARGS.named.before[] | [0, .]), (.[] | [1, .])) as [$side, $record] (-1; . + 1;
        . as $at | $record | select(is_error | not) | [name($by), $at, $side, ., image]
      )
    ]
    | group_by(.[0])
    # The names in the order in which they came.
    | sort_by(.[0][1])[]
    | .[-1][3] as $image
    | select(($image | nameless($by) | missing_as($missing; .tag)) == null)
    | different(map(select(.[2] == 0)[4]); map(select(.[2] == 1)[4])) as [$was, $is]
    | {
        change: (if $was == null then "added" elif $is == null then "removed" else "moved" end),
        ref: $image.ref, repository: ($image | repository), tag: $image.tag,
        platform: ($is // $was).platform, before: ($was | shown), after: ($is | shown)
      }
  ),
  $errors[]
