# What runs somewhere, as `retention` takes it: --rawfile used LINES or --slurpfile used JSON.
include "oci" {search: "./"};

# The hexadecimal digits of a digest or an image ID, or of the beginning of one, as tools shorten them; or null.
def _digits:
  ascii_downcase
  | if test("^(?:(?:sha256:)?[0-9a-f]{12,64}|sha384:[0-9a-f]{12,96}|sha512:[0-9a-f]{12,128})$") then . / ":" | .[-1]
    else null
    end;

def _is_digest: test("^[a-z0-9]+([+._-][a-z0-9]+)*:[0-9a-fA-F]{32,}$");

# A whole digest as records have it, or null.
def _whole_digest:
  ascii_downcase
  | {sha256: 64, sha384: 96, sha512: 128} as $lengths
  | if test("^[0-9a-f]{64}$") then "sha256:" + .
    else
      (. / ":") as [$algorithm, $digits]
      | if _is_digest and ($lengths[$algorithm] // ($digits | length)) == ($digits | length) then . else null end
    end;

# Whether a text can name an image: a reference with or without a scheme and a host, a digest, an image ID, or
# what `regpipe` reads from files.
def _is_reference:
  (. / "://" | .[-1])
  | ((. / "@")[1] // .) as $digest
  | ($digest | _digits or _whole_digest)
    or (contains("@") or test("^sha[0-9]+:") | not)
  and test("^(?:(?:[A-Za-z0-9.-]+|\\[[0-9A-Fa-f:.]+\\])(?::[0-9]+)?/)?"
           + "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"
           + "(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?$")
    or test("^(?:oci|oci-archive|docker-archive):.");

def _checked:
  if _is_reference then .
  else error("used has \(.[:40] | tojson), which is not a reference, a digest or an image ID of at least 12 digits")
  end;

# The words of a text, one reference or more a line; what follows a # is skipped. Text with JSON in it is an
# error, and so is a line of a table: its tag stands apart from its name, and would not be protected.
def _words_of_text:
  ltrimstr("\ufeff")
  | split("\n")[]
  | [sub("(^|\\s)#.*"; "") | splits("\\s+") | select(. != "")]
  | length as $count
  | .[]
  | if test("[{}\"',]|^\\[.*[^0-9]$|^\\]") then
      error("used has \(.[:40] | tojson), which is not a reference: --slurpfile used takes JSON")
    elif $count > 1 and (test("[/:@]") or _digits | not) then
      error("used has \(.[:40] | tojson) among other words, as tables have: it takes references such as app:v1, best one a line")
    else _checked
    end;

# What Docker, Podman, CRI and Kubernetes say of an image that they have, by an ID or names.
def _listed_names:
  objects
  | if has("RepoTags") or has("RepoDigests") then .RepoTags, .RepoDigests, .Names, [.Id, .ID]
    elif has("repoTags") or has("repoDigests") then .repoTags, .repoDigests, [.id]
    elif has("Repository") then [.ID]
    elif has("sizeBytes") then .names
    else empty
    end
  | arrays[]
  | strings;

# The references and digests in an object: of a record, of what Kubernetes, Docker and CRI print, or of
# anything else that has them under these names.
def _named_references:
  (.ref?, .pinned?, .digest?, .imageDigest? | strings),
  ((.image?, (.image? | objects | .reference?), .imageID?, .imageId?, .imageRef?, .Image?, .ImageID?, _listed_names)
   | strings
   | select(. != "" and (contains("<none>") | not))
   | [_checked]),
  (objects
   | ((.repository? // .Repository?) | strings) as $repository
   | (((.registry? | strings) // "") | if . == "" then "" else . + "/" end) as $registry
   | ((.tag? // .Tag?), (.digest? // .Digest?) | strings | select(. != "" and . != "<none>")) as $name
   | $registry + $repository + if $name | contains(":") then "@" else ":" end + $name);

# All texts of a value that may name an image; in an array of one each that must, as it is what runs.
def _texts:
  if type == "string" then _words_of_text | [.]
  elif type == "array" then .[] | _texts
  elif type == "object" then
    recurse(if type == "object" then del(.labels, .Labels, .annotations, .Annotations)[] else arrays[] end)
    | _named_references
  else empty
  end
  | select(. != "");

# What a text names: {digest} or {digits}, the beginning of one; {names: [[registry, repository, tag]…]}, where
# null stands for any registry; `alone`, whether it is an ID without a name, as that of a config has none.
def _reading:
  (. / "://" | .[-1]) as $text
  | ($text / "@") as [$name, $digest]
  | (($digest // $text) | _whole_digest) as $whole
  | (if $whole then null else ($digest // $text) | _digits end) as $digits
  | ($name / "/") as $parts
  | ($parts[-1] / ":") as [$last, $tag]
  | ($parts[0] | test("[.:]|^localhost$") and ($parts | length) > 1) as $has_host
  | (if $has_host then $parts[0] else null end) as $host
  | ((if $has_host then $parts[1:-1] else $parts[:-1] end) + [$last] | join("/")) as $path
  | {"registry-1.docker.io": "docker.io", "index.docker.io": "docker.io"} as $hub
  | (if $host then $hub[$host] // $host else null end) as $host
  | {
      digest: $whole, $digits, alone: ($digest == null and ($whole or $digits)),
      names: (
        if if $digest then $tag == null else ($whole or $digits) and $tag end then []
        else
          ($tag // "latest") as $tag
          | [[$host, $path, $tag],
             (if ($path | contains("/") | not) and ($host == null or $host == "docker.io")
              then [$host, "library/" + $path, $tag] else empty end)]
        end)
    };

# All that is used, to look images up in; null if nothing was given. {digests: {digest: text}, begun: {12 digits:
# [[the beginning of a digest, text]…]}, names: {name: text}, texts: {text: true}, ids: whether images are named
# by an ID alone, errors: [error records]}. To be given nothing at all is an error: then nothing would be protected.
def used_images($used):
  if $used == null then null
  else
    (if ($used | type) == "array" then $used
     elif ($used | type) == "string" then [$used]
     else error("used is a text or an array: --rawfile used LINES or --slurpfile used JSON")
     end) as $given
    | [$given[] | .. | select(is_error)] as $errors
    | [$given[] | select(is_error | not) | _texts] as $texts
    | if $texts == [] and $errors == [] then
        error("used names no image: without it, nothing is protected as used")
      else .
      end
    | [$texts | unique[]
       | if type == "array" then .[0] as $text | $text | _reading | .text = $text
         else . as $text | _reading | .text = $text | .alone = false
         end]
    | {
        digests: (reduce (.[] | select(.digest)) as $one ({}; setpath([$one.digest]; $one.text))),
        begun: (
          [.[] | select(.digits)]
          | group_by(.digits[:12])
          | reduce .[] as $group ({}; setpath([$group[0].digits[:12]]; $group | map([.digits, .text])))),
        names: (reduce (.[] | . as $one | .names[]? | [tojson, $one.text]) as [$name, $text] ({};
          setpath([$name]; $text))),
        texts: (reduce .[] as $one ({}; setpath([$one.text]; true))),
        ids: any(.[]; .alone),
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
        ($digests[] | strings
         | $used.digests[.] // empty,
           if $used.begun == {} then empty
           else
             (. / ":" | .[-1]) as $digits
             | ($used.begun[$digits[:12]] // [])[] as [$begin, $text]
             | select($digits | startswith($begin))
             | $text
           end),
        (($registry, null) as $host | $used.names[[$host, $repository, $tag] | tojson] // empty)
      ) // null
  end;
