# Tags, images, bytes and dates of repositories, for the programs that count them.
#
# reads repository_totals: registry_name repository .tag .ref .digest image_digest layers dating is_referrer_tag
include "oci" {search: "./"};

# A layer's digest as the key of an object; one that is not a string may be anything.
def _key: if type == "string" then . else " \(tojson)" end;

# Of a record: {image, size, layers}, and if it is not only about another image {at, digest, date}.
# `dated` gives its `dating`.
def _counted(dated):
  layers_size as $size
  | image_digest as $image
  | {$image, $size, layers: (if $size then . else null end)}
    + if is_referrer_tag then {}
      else
        dated as [$instant, $reason]
        | {at: [.tag, .ref], digest: (.digest // $image // null),
           date: (if $reason then null else $instant[0] end)}
      end;

# The layers of images, each once, as {digest: size}.
def _layer_sizes:
  reduce ((map(select(.size and .image)) | group_by(.image)[] | .[0]), (.[] | select(.size and (.image | not)))
          | .layers | _listed[] | objects) as {$digest, $size} ({};
    ($digest | _key) as $key
    | if .[$key] == null then setpath([$key]; $size) else . end
  );

# How many there are, each once; those that are $none are all different.
def _count_of($none): length - (map(select(. != $none)) | length - (unique | length));

def _figures:
  map(select(.at)) as $tagged
  # The date of an image is the newest of its records.
  | ([$tagged[] | select(.digest)] | group_by(.digest) | map(map(.date) | max)) as $dates
  | ($dates + [$tagged[] | select(.digest | not) | .date]) as $dates
  | {
      tags: ($tagged | map(.at) | _count_of([null, null])), images: ($dates | length),
      naive: (map(.size) | add // 0), unique: _layer_sizes, withoutSizes: (map(.size | nulls) | length),
      oldest: ($dates | map(numbers) | min), newest: ($dates | max), undated: ($dates | map(nulls) | length)
    };

# What each repository has, of records that `by_repository` grouped, as {registry, name, repository, tags,
# images, naive, unique, withoutSizes, oldest, newest, undated}: `name` is the registry's in references,
# `unique` has the layers as {digest: size}, and dates are seconds since 1970 or null.
def totals_of_repositories(dated):
  map((.[0] | {registry: (.registry // registry_name), name: registry_name, repository: repository})
      + (map(_counted(dated)) | _figures));
def repository_totals: by_repository | totals_of_repositories(dating);

def sum_of_sizes: [.[]] | add // 0;

# The lines of `totals`: one for each repository, and one for all of them.
def totals_lines:
  def summed($name): map(.[$name]) | add // 0;
  def date: if . then todate else null end;
  (.[] | del(.name) | .unique |= sum_of_sizes | .oldest |= date | .newest |= date),
  {
    repositories: length, tags: summed("tags"), images: summed("images"), naive: summed("naive"),
    unique: (group_by(.name) | map(map(.unique) | add | sum_of_sizes) | add // 0),
    withoutSizes: summed("withoutSizes"),
    oldest: (map(.oldest | numbers) | min | date), newest: (map(.newest) | max | date),
    undated: summed("undated")
  };
