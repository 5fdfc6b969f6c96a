# What changed since an earlier stream, --slurpfile before OLD.ndjson: tags added, removed or moved.
# input: slurp
# output: json
# reads: .registry .ref .tag .digest repository platform created image_id
#
# Where one of the streams has an error record, nothing is said of what it stands for.
include "oci" {search: "./lib"};

def name: {registry, repository: repository, tag, ref, platform: platform};
def what: {digest, created: created, sha: image_id};

# By name, so that both streams can be looked up in.
def by_name: map({key: (name | tojson), value: what}) | from_entries;

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
| ($after | map(select(is_error | not)) | by_name) as $new
| ($before | map(select(is_error | not)) | by_name) as $old
| (
    ($old + $new | keys_unsorted[]) as $key
    | [$old[$key], $new[$key]] as [$was, $is]
    | select($was == null or $is == null or ($was | .digest // .sha) != ($is | .digest // .sha))
    | ($key | fromjson) as $image
    | select(any($errors[]; about($image)) | not)
    | {
        change: (if $was == null then "added" elif $is == null then "removed" else "moved" end),
        ref: $image.ref, repository: $image.repository, tag: $image.tag,
        platform: $image.platform, before: $was, after: $is
      }
  ),
  ($after[] | select(is_error))
