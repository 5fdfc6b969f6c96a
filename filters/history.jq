# The steps an image was built in, as in a Dockerfile, with the sizes of their layers.
# input: stream
# output: json
# reads: .ref .tag repository platform layers image_config v1_history .config.history
include "oci" {search: "./lib"};

# What a builder recorded, as the instruction it was made from.
def instruction:
  if type != "string" then null
  else
    sub("^/bin/sh -c #\\(nop\\) +"; "")
    | sub("^(?<args>\\|[0-9]+ .*?)?/bin/sh -c (?! *#\\(nop\\))"; "RUN \(.args // "")")
    | sub("^RUN (?<args>\\|[0-9]+ .*?)?/bin/sh -c "; "RUN \(.args // "")")
    | sub(" # buildkit$"; "")
  end;

# The command of a schema 1 history entry.
def command:
  try (.container_config.Cmd | if type == "array" then join(" ") else . end) catch null;

# Each step with its layer; a step that made none has neither size nor digest.
def with_layers($layers):
  foreach (.[], {rest: true}) as $step ({next: 0};
    if $step.rest then .out = [$layers[.next:][] | {instruction: null, created: null} + .]
    elif $step.empty then .out = [$step | del(.empty)]
    else .out = [($step | del(.empty)) + ($layers[.next] // {})] | .next += 1
    end;
    .out[]
  );

def steps:
  if is_schema1 then
    [v1_history, layers] | transpose
    | map({
        instruction: (.[0] | command | instruction),
        created: .[0].created,
        digest: (if .[0].throwaway then null else .[1].digest end),
        size: .[0].Size
      })[]
  else
    layers as $layers
    | _array(image_config.history)
    # Where one step is unreadable, none can be told its layer.
    | if all(type == "object") then . else [] end
    | map({instruction: (.created_by | instruction), created, empty: .empty_layer})
    | [with_layers($layers)][]
    | {instruction, created, digest, size}
  end;

if is_error then .
else
  {ref, repository: repository, tag, platform: platform} as $image
  | [steps]
  | to_entries[]
  | $image + {step: (.key + 1)} + .value
end
