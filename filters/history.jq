# The steps an image was built in, as in a Dockerfile, with the sizes of their layers.
# input: stream
# output: json
# reads: .ref .tag repository platform layers image_config v1_history .config.history needs_manifests
include "oci" {search: "./lib"};

# What a builder recorded, as the instruction it was made from. Regular expressions cost much: only
# what begins like it, or has it, is looked at with one.
def without_nop:
  if startswith("/bin/sh -c #(nop) ") then
    if startswith("/bin/sh -c #(nop)  ") then .[19:] else .[18:] end
    | if startswith(" ") then sub("^ +"; "") else . end
  else .
  end;
def without_shell:
  if startswith("|") or (startswith("/bin/sh -c ") and contains("#(nop)")) then
    sub("^(?<args>\\|[0-9]+ .*?)?/bin/sh -c (?! *#\\(nop\\))"; "RUN \(.args // "")")
  elif startswith("/bin/sh -c ") then "RUN " + .[11:]
  else .
  end;
def without_run_shell:
  if startswith("RUN /bin/sh -c ") then "RUN " + .[15:]
  elif startswith("RUN |") then
    sub("^RUN (?<args>\\|[0-9]+ .*?)/bin/sh -c "; "RUN \(.args)")
  else .
  end;
def without_buildkit: if contains(" # buildkit") then sub(" # buildkit$"; "") else . end;
def instruction:
  if type != "string" then null
  else without_nop | without_shell | without_run_shell | without_buildkit
  end;

# The command of a schema 1 history entry.
def command:
  try (.container_config.Cmd | if type == "array" then join(" ") else . end) catch null;

# Each step with its layer; a step that made none has neither size nor digest.
def steps:
  if is_schema1 then
    [v1_history, layers] | transpose[]
    | {
        instruction: (.[0] | command | instruction),
        created: .[0].created,
        digest: (if .[0].throwaway then null else .[1].digest end),
        size: .[0].Size
      }
  else
    layers as $layers
    | _array(image_config.history)
    # Where one step is unreadable, none can be told its layer.
    | if length == (map(objects) | length) then . else [] end
    | (foreach .[] as $step ([-1, null];
        if $step.empty_layer then [.[0], {}] else (.[0] + 1) as $at | [$at, $layers[$at]] end;
        .[1] as $layer
        | {
            instruction: ($step.created_by | instruction),
            created: $step.created,
            digest: $layer.digest,
            size: $layer.size
          }
      )),
      # What is left over when the steps have had theirs.
      ($layers[(map(select(.empty_layer | not)) | length):][]
       | {instruction: null, created: null, digest, size})
  end;

needs_manifests("history")
| if is_error then .
  else
    {ref, repository: repository, tag, platform: platform} as $image
    | foreach steps as $step (0; . + 1; $image + {step: .} + $step)
  end
