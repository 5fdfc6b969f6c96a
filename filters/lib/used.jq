# What runs somewhere, as `retention` takes it: --rawfile used LINES or --slurpfile used JSON.
include "oci" {search: "./"};

# The words of a text that are references; comment lines are skipped. Text with JSON in it is an error.
def _references_of_text:
  split("\n")[]
  | select(test("^\\s*#") | not)
  | splits("\\s+")
  | select(. != "")
  | if test("[][{}\"',]") then
      error("used has \(.[:40] | tojson), which is not a reference: --slurpfile used takes JSON")
    else .
    end;

# The references and digests in an object: of a record, of what Kubernetes, Docker and CRI print, or of
# anything else that has them under these names.
def _named_references:
  (.ref?, .pinned?, .digest?, .image?, .imageID?, .imageId?, .imageRef?, .imageDigest?, .Image?, .ImageID?,
   .RepoTags?[]?, .RepoDigests?[]?
   | strings),
  (objects
   | ((.repository? // .Repository?) | strings) as $repository
   | (((.registry? | strings) // "") | if . == "" then "" else . + "/" end) as $registry
   | ((.tag? // .Tag?), (.digest? // .Digest?) | strings | select(. != "" and . != "<none>")) as $name
   | $registry + $repository + if $name | contains(":") then "@" else ":" end + $name);

def _references_of_json:
  if type == "string" then _references_of_text
  elif type == "object" or type == "array" then .. | _named_references
  else empty
  end
  | select(. != "");

def _is_digest: test("^[a-z0-9]+([+._-][a-z0-9]+)*:[0-9a-fA-F]{32,}$");

# A reference as {digest} or {names: [[registry, repository, tag]…]}, or both; null stands for any registry.
def _reading:
  (. / "://" | .[-1]) as $text
  | if $text | _is_digest then {digest: $text}
    else
      ($text / "@") as [$name, $digest]
      | ($name / "/") as $parts
      | ($parts[-1] / ":") as [$last, $tag]
      | ($parts[0] | test("[.:]|^localhost$") and ($parts | length) > 1) as $has_host
      | (if $has_host then $parts[0] else null end) as $host
      | ((if $has_host then $parts[1:-1] else $parts[:-1] end) + [$last] | join("/")) as $path
      | {"registry-1.docker.io": "docker.io", "index.docker.io": "docker.io"} as $hub
      | (if $host then $hub[$host] // $host else null end) as $host
      | {
          digest: (if $digest and ($digest | _is_digest) then $digest else null end),
          names: (
            if $digest and $tag == null then []
            else
              ($tag // "latest") as $tag
              | [[$host, $path, $tag],
                 (if ($path | contains("/") | not) and ($host == null or $host == "docker.io")
                  then [$host, "library/" + $path, $tag] else empty end)]
            end)
        }
    end;

# All that is used, to look images up in: {digests: {digest: text}, names: {name: text}, errors: [error
# records]}; null if nothing was given. To be given nothing at all is an error: then nothing would be
# protected.
def used_images($used):
  if $used == null then null
  else
    (if ($used | type) == "array" then $used
     elif ($used | type) == "string" then [$used]
     else error("used is a text or an array: --rawfile used LINES or --slurpfile used JSON")
     end) as $given
    | [$given[] | .. | select(is_error)] as $errors
    | [$given[] | select(is_error | not) | _references_of_json] as $texts
    | if $texts == [] and $errors == [] then
        error("used names no image: without it, nothing is protected as used")
      else .
      end
    | [$texts | unique[] | . as $text | _reading | .text = $text]
    | {
        digests: (reduce (.[] | select(.digest)) as $one ({}; setpath([$one.digest]; $one.text))),
        names: (reduce (.[] | . as $one | .names[]? | [tojson, $one.text]) as [$name, $text] ({};
          setpath([$name]; $text))),
        texts: (reduce .[] as $one ({}; setpath([$one.text]; true))),
        $errors
      }
  end;

# The text by which an image is used, or null: by its reference, its name, or one of its digests.
def used_as($used; $digests):
  if $used == null then null
  else
    registry_name as $registry
    | repository as $repository
    | .tag as $tag
    | first(
        (.ref | strings | select($used.texts[.])),
        ($digests[] | $used.digests[.] // empty),
        (($registry, null) as $host | $used.names[[$host, $repository, $tag] | tojson] // empty)
      ) // null
  end;
