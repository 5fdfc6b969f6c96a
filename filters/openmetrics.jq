# Metrics of each repository in the OpenMetrics format, for Prometheus by the node exporter's textfile collector.
# input: slurp
# output: raw
# parameter: tags boolean false metrics of each tag, too: its digest, date and size
# reads: repository_totals needs_manifests .tag .ref .digest dating layers platform member_digest
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

# Those of tags; several records of one are its platforms.
def of_tags:
  def named:
    {registry: registry_name, repository: repository, tag: (.tag // .ref)} | map_values(. // "" | tostring);
  map(select((.tag // .ref) and (is_referrer_tag | not)) | [named, .])
  | group_by(.[0])
  | gauge("tag_info"; null; "The digest that the tag leads to."; .[][0] | [.[0] + {digest: .[1].digest}, 1]),
    gauge("tag_created_timestamp_seconds"; "seconds"; "When the image was built.";
      .[] | [.[0][0], (map(.[1] | dating | select(.[1] == null)[0][0]) | max)]),
    gauge("tag_layers_bytes"; "bytes"; "Compressed size of the layers of the image, for each platform.";
      .[] | map([.[0] + {platform: (.[1] | platform)}, (.[1] | layers_size)]) | unique_by(.[0])[]);

($ARGS.named.tags // false | . == true or . == "true") as $tags
| needs_manifests("openmetrics")
| map(select(is_error)) as $errors
| map(select(is_error | not))
| . as $images
| (repository_totals | of_repositories, of_registries),
  (if $tags then of_tags else empty end),
  ([$errors[] | {registry: registry_name, repository: repository}] | group_by(.)
   | gauge("failed_inputs"; null; "Inputs that failed."; .[] | [.[0], length])),
  "# EOF"
