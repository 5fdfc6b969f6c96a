# Tags, images, bytes and dates of each repository, and a last line of all of them.
# input: slurp
# output: json
# reads: registry_name repository .tag .ref .digest image_digest layers dating needs_manifests is_referrer_tag
#
# images: what the tags lead to, each once. naive and unique: the compressed bytes of layers as listed, and each
# layer once, as in `sharing`: what refers to images takes space, too, and registries share nothing. What two
# repositories share is in both their lines, and once in the last. withoutSizes: records that tell no sizes.
# oldest and newest: when images were built, or else created; undated: images without a real date.
include "oci" {search: "./lib"};

# A layer's digest as the key of an object; one that is no string may be anything.
def key: if type == "string" then . else " \(tojson)" end;

# Of a record: {name, at, digest, image, date, size}, and itself for its layers.
def counted:
  layers_size as $size
  | image_digest as $image
  | {$image, $size, layers: (if $size then . else null end)}
    + if is_referrer_tag then {}
      else
        dating as [$instant, $reason]
        | {at: [.tag, .ref], digest: (.digest // $image // null),
           date: (if $reason then null else $instant[0] end)}
      end;

# The layers of images, each once, as {digest: size}.
def layer_sizes:
  reduce ((map(select(.size and .image)) | group_by(.image)[] | .[0]), (.[] | select(.size and (.image | not)))
          | .layers | _listed[] | objects) as {$digest, $size} ({};
    ($digest | key) as $key
    | if .[$key] == null then setpath([$key]; $size) else . end
  );

# How many there are, each once; those that are $none are all different.
def count_of($none): length - (map(select(. != $none)) | length - (unique | length));

def figures:
  map(select(.at)) as $tagged
  # The date of an image is the newest of its records.
  | ([$tagged[] | select(.digest)] | group_by(.digest) | map(map(.date) | max)) as $dates
  | ($dates + [$tagged[] | select(.digest | not) | .date]) as $dates
  | {
      tags: ($tagged | map(.at) | count_of([null, null])), images: ($dates | length),
      naive: (map(.size) | add // 0), unique: layer_sizes, withoutSizes: (map(.size | nulls) | length),
      oldest: ($dates | map(numbers) | min), newest: ($dates | max), undated: ($dates | map(nulls) | length)
    };

def summed($name): map(.[$name]) | add // 0;
def bytes: [.[]] | add // 0;
def date: if . then todate else null end;

needs_manifests("totals")
| over_images(
    group_by([registry_name, repository])
    | map((.[0] | {name: registry_name, registry: (.registry // registry_name), repository: repository})
          + (map(counted) | figures))
    | (.[] | del(.name) | .unique |= bytes | .oldest |= date | .newest |= date),
      {
        repositories: length, tags: summed("tags"), images: summed("images"), naive: summed("naive"),
        unique: (group_by(.name) | map(map(.unique) | add | bytes) | add // 0),
        withoutSizes: summed("withoutSizes"),
        oldest: (map(.oldest | numbers) | min | date), newest: (map(.newest) | max | date),
        undated: summed("undated")
      }
  )
