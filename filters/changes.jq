# What changed since an earlier stream, --slurpfile before OLD.ndjson: tags added, removed or moved.
# input: slurp
# output: json
# reads: .registry .ref .tag .digest .info repository platform created image_id tag_digest
#
# A tag with several platforms has a line for each of them that changed; `platform` is null where the
# index alone did. Where one of the streams has an error record, nothing is said of what it stands for.
include "oci" {search: "./lib"};

# A tag, and what an image of it is. `target` is what the tag points to, which a report does not say.
def name: {registry, repository: repository, tag, ref};
def image:
  {
    platform: platform, digest, created: created, sha: image_id,
    target: (if .info then null else tag_digest end)
  };

# The images of each tag by its name, so that both streams can be looked up in.
def by_name:
  map({key: (name | tojson), value: image})
  | group_by(.key)
  | map({key: .[0].key, value: map(.value)})
  | from_entries;

# The images of a tag as [before, after], platform by platform. Where the tag has one at a time,
# these are a pair even if the platform is another.
def pairs($old; $new):
  if ($old | length) == 1 and ($new | length) == 1 then [$old[0], $new[0]]
  else
    [($old, $new) | map({key: "\(.platform)", value: .}) | from_entries] as [$was, $is]
    | ($was + $is | keys_unsorted[]) as $platform
    | [$was[$platform], $is[$platform]]
  end;

def shown: if . then {digest, created, sha} else null end;

def differs(f): map(f) | .[0] != .[1];

# The pairs that differ; if none does, the tag itself, where it points to another index.
def different($old; $new):
  [pairs($old; $new)] as $pairs
  | ($pairs | map(select(.[0] == null or .[1] == null or differs(.digest // .sha)))) as $moved
  | if $moved != [] then $moved[]
    else
      $pairs[0]
      | select(all(.target) and differs(.target))
      | map(.digest = .target)
      | if ($pairs | length) > 1 then map(.platform = null) else . end
    end;

# Whether an error record speaks of an image: of its registry, its repository or itself.
def about($image):
  ((.repository // .ref) != null or .registry != null)
  and (.registry == null or .registry == $image.registry)
  and (.repository == null or .repository == $image.repository)
  and (.tag == null or .tag == $image.tag)
  and (.registry != null or .ref == null or .ref == $image.ref);

if ($ARGS.named.before | type) != "array" then
  error("changes compares with an earlier stream: --slurpfile before OLD.ndjson")
else . end
| [., $ARGS.named.before] as [$after, $before]
| ([$after[], $before[]] | map(select(is_error))) as $errors
| ($after | map(select(is_error | not))) as $after_images
| ($before | map(select(is_error | not))) as $before_images
| ($before_images | by_name) as $old
| ($after_images | by_name) as $new
| (
    # The names in the order in which they came.
    ($before_images + $after_images | map({key: (name | tojson)}) | from_entries | keys_unsorted[])
      as $key
    | ($key | fromjson) as $image
    | select(any($errors[]; about($image)) | not)
    | different($old[$key] // []; $new[$key] // []) as [$was, $is]
    | {
        change: (if $was == null then "added" elif $is == null then "removed" else "moved" end),
        ref: $image.ref, repository: $image.repository, tag: $image.tag,
        platform: ($is // $was).platform, before: ($was | shown), after: ($is | shown)
      }
  ),
  ($after[] | select(is_error))
