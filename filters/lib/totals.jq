# Tags, images, bytes and dates of repositories, for the programs that count them.
#
# copies totals_item: registry_name repository .tag .ref image_digest sized_layers dating is_referrer_tag
include "oci" {search: "./"};

# Of a record the digest of the image and its layers, and if it is not only about another image what it is named,
# what tells images apart, and the key of its date. `dated` gives its `dating`.
def _counted(dated):
  image_digest as $image
  | [$image, sized_layers]
    + if is_referrer_tag then [] else [[.tag, .ref], (.digest // $image // null), (dated | date_key)] end;

# The layers of images, each once, as {digest: size}.
def _layer_sizes:
  reduce ((map(select(.[1] and .[0])) | group_by(.[0])[] | .[0]), (.[] | select(.[1] and (.[0] | not)))
          | .[1][]) as [$key, $size] ({};
    if .[$key] == null then setpath([$key]; $size) else . end
  );

# The sum of the sizes of `sized_layers`.
def sum_of_layers: map(.[1]) | add // 0;

# How many there are, each once; those that are $none are all different.
def _count_of($none): length - (map(select(. != $none)) | length - (unique | length));

def _figures:
  map(select(.[2])) as $tagged
  # The date of an image is the newest of its records.
  | ([$tagged[] | select(.[3])] | group_by(.[3]) | map(map(.[4]) | max)) as $dates
  | ($dates + [$tagged[] | select(.[3] | not) | .[4]]) as $dates
  | def seconds: if . then key_seconds else null end;
    {
      tags: ($tagged | map(.[2]) | _count_of([null, null])), images: ($dates | length),
      naive: (map(.[1] | values | sum_of_layers) | add // 0), unique: _layer_sizes,
      withoutSizes: (map(.[1] | nulls) | length),
      oldest: ($dates | map(strings) | min | seconds), newest: ($dates | max | seconds),
      undated: ($dates | map(nulls) | length)
    };

# The repository of a record: the registry's name in references, its own, and the registry; and what counts there.
def totals_item: [registry_name, repository, (.registry // registry_name), _counted(dating)];

# What each repository has, as {registry, name, repository, tags, images, naive, unique, withoutSizes, oldest,
# newest, undated}: `name` is the registry's in references, `unique` has the layers as {digest: size}, and
# dates are seconds since 1970 or null. Of such items, and of records that `by_repository` grouped.
def repository_totals:
  group_by(.[:2])
  | map({registry: .[0][2], name: .[0][0], repository: .[0][1]} + (map(.[3]) | _figures));
def totals_of_repositories(dated):
  map((.[0] | {registry: (.registry // registry_name), name: registry_name, repository: repository})
      + (map(_counted(dated)) | _figures));

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
