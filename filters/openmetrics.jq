# Metrics of each repository in the OpenMetrics format, for Prometheus by the node exporter's textfile collector.
# input: slurp
# output: raw
# parameter: tags boolean false metrics of each tag, too: its digest, date and size
# copies: totals_item registry_name repository .tag .ref .digest dating platform needs_manifests
#
# Numbers are those of `totals`, bytes are compressed, dates are seconds since 1970. All are gauges.
include "totals" {search: "./lib"};
include "oci" {search: "./lib"};

def escaped: if . == null then "" else tostring end | replaced("\\"; "\\\\") | replaced("\""; "\\\"") | replaced("\n"; "\\n");
# The labels of a sample, {name: value}.
def labels: to_entries | map("\(.key)=\"\(.value | escaped)\"") | "{" + join(",") + "}";

# A family of metrics; its samples are [labels, value] each, of which those without a value are left out.
def gauge($name; $unit; $help; samples):
  [samples | select(.[1] != null)]
  | select(. != [])
  | "# TYPE regpipe_\($name) gauge",
    (if $unit then "# UNIT regpipe_\($name) \($unit)" else empty end),
    "# HELP regpipe_\($name) \($help)",
    (.[] | "regpipe_\($name)\(.[0] | labels) \(.[1])");

def of_repositories:
  def of(value): .[] | [{registry: .name, repository}, value];
  [group_by([.name // "", .repository // ""])[][0]]
  | gauge("repository_tags"; null; "Tags of the repository."; of(.tags)),
    gauge("repository_images"; null; "Images that the tags lead to, each once."; of(.images)),
    gauge("repository_undated_images"; null; "Images without a real date."; of(.undated)),
    gauge("repository_layers_bytes"; "bytes"; "Compressed size of layers, as listed by each tag.";
      of(.naive)),
    gauge("repository_unique_layers_bytes"; "bytes"; "Compressed size of layers, each once.";
      of(.unique | sum_of_sizes)),
    gauge("repository_newest_image_timestamp_seconds"; "seconds"; "When the newest image was built."; of(.newest)),
    gauge("repository_oldest_image_timestamp_seconds"; "seconds"; "When the oldest image was built."; of(.oldest));

def of_registries:
  group_by(.name // "")
  | gauge("registry_unique_layers_bytes"; "bytes"; "Compressed size of layers, each once in the registry.";
      .[] | [{registry: .[0].name}, (map(.unique) | add | sum_of_sizes)]);

def with_tags: $ARGS.named.tags // false | . == true or . == "true";

# What `totals` counts, and of a tag its labels, its digest and its platform; of an error its repository.
def item:
  needs_manifests("openmetrics")
  | if is_error then [{}, [registry_name, repository]]
    else
      totals_item
      + [if with_tags and (.tag // .ref) and (is_referrer_tag | not) then
           [{registry: registry_name, repository: repository, tag: (.tag // .ref)} | map_values(. // "" | tostring)]
           + [.digest, platform]
         else null
         end, null]
    end;

# Those of tags; several records of one are its platforms.
def of_tags:
  map(select(.[4]))
  | group_by(.[4][0])
  | gauge("tag_info"; null; "The digest that the tag leads to."; .[][0][4] | [.[0] + {digest: .[1]}, 1]),
    gauge("tag_created_timestamp_seconds"; "seconds"; "When the image was built.";
      .[] | [.[0][4][0], (map(.[3][4] | strings) | max | if . then key_seconds else null end)]),
    gauge("tag_layers_bytes"; "bytes"; "Compressed size of the layers of the image, for each platform.";
      .[] | map([.[4][0] + {platform: .[4][2]}, (.[3][1] | if . then sum_of_layers else null end)]) | unique_by(.[0])[]);

def result:
  map(select(.[0] != {})) as $images
  | ($images | repository_totals | of_repositories, of_registries),
    (if with_tags then $images | of_tags else empty end),
    ([.[] | select(.[0] == {})[1] | {registry: .[0], repository: .[1]}] | group_by(.)
     | gauge("failed_inputs"; null; "Inputs that failed."; .[] | [.[0], length])),
    "# EOF";
map(item) | result
