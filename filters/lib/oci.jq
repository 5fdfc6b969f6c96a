# Definitions shared by the bundled programs; yours can use them too: include "oci";
#
# Each takes a record of `regpipe manifests`, one of `regpipe summarize`, or a document as a registry
# serves it: a schema 1 manifest, an image manifest, an index, an image config.
#
# `# reads NAME:` says which paths of its input a definition looks at, and `# copies NAME:` those of
# which strings are only handed on, whole, or asked whether they are empty. Programs name the
# definitions they use in their own `# reads:` and `# copies:`; large records are cut down to these
# paths before jq runs, and it runs once over records that differ in copied strings alone.
# `# dates NAME:` says where it looks for dates, of which strings are copied too, but for that. Only
# `_dated` and `date_key` may look into them. `# sums NAME:` names numbers in the
# objects of arrays, of which only the sum matters. `# copies-if NAME:` names the fields that must be strings for
# all that: of others all is read. Tags and digests that begin with sha256- or sha512- are read, too.

# Error records, which every program passes through.
# reads is_error: .error.code
def is_error: type == "object" and (.error | type) == "object";

# The object at a path of names, or null where there is none.
def _object(f): (try f catch null) | if type == "object" then . else null end;
def _array(f): (try f catch null) | if type == "array" then . else [] end;
def _string(f): (try f catch null) | if type == "string" and . != "" then . else null end;

# The manifest: of a record, or the document itself.
def manifest: if type == "object" and (.manifest | type) == "object" then .manifest else . end;

# The image config: of a record, or the document itself; null where there is none.
# reads image_config: .manifest.schemaVersion .rootfs.type
def image_config:
  if type != "object" then null
  elif (.manifest | type) == "object" then .config | if type == "object" then . else null end
  elif (.rootfs | type) == "object" then .
  else null
  end;

# What the newest schema 1 history entry says, an object; null where there is none.
def v1: (try (.history[0].v1Compatibility | fromjson) catch null) | _object(.);

# All of them, the oldest first.
# reads v1_history: .history
def v1_history: _array(.history) | reverse | map(_object(.v1Compatibility | fromjson) // {});

# reads is_schema1: .manifest.schemaVersion .manifest.fsLayers[0]._ .schemaVersion .fsLayers[0]._
def is_schema1: manifest | .schemaVersion == 1 and (.fsLayers | type) == "array";

# The name of an image's repository.
# copies repository: .repository .name
def repository:
  (.repository? // null) as $repository
  | if $repository and ($repository | type) == "string" and $repository != "" then $repository
    else _string(.name)
    end;

# The registry as references name it, host[:port]; of a local source, its name in records. Null
# where neither `registry` nor `ref` tells: older reports have no `registry`.
# reads registry_name: .registry
# copies registry_name: .ref repository
# copies-if registry_name: registry
def registry_name:
  (.registry? | strings // null) as $registry
  | if $registry then
      if $registry | contains("://") then
        {"registry-1.docker.io": "docker.io", "index.docker.io": "docker.io"} as $hub
        | $registry / "://" | $hub[.[1]] // .[1]
      else $registry
      end
    else
      repository as $repository
      | (if $repository then .ref | strings / "/\($repository)" else null end // [])
      | if .[1] then .[0] else null end
    end;

# The images of each repository, in arrays.
# reads by_repository: registry_name repository
def by_repository: group_by([registry_name, repository]);

# What the records of one tag have in common: the tag, or where there is none what it would point to.
# copies tag_or_digest: .tag .digest
def tag_or_digest: if .tag == null then [.digest] else .tag end;

# The digest of the one image of an index that a record or report is about; null without an index.
# copies member_digest: .index.descriptor.digest .imageDigest
def member_digest: _string(.index.descriptor.digest) // _string(.imageDigest);

# The digest of the image itself: `digest`, or that of the one image of an index.
# copies image_digest: member_digest .digest
def image_digest: member_digest // .digest;

# What the reference leads to, and where that is an index, the image that a report is about.
# copies identity: member_digest .digest
def identity:
  member_digest as $member
  | if $member then {digest, imageDigest: $member} else {digest} end;

# host/repository@digest, which tools that delete, sign or copy take; null for local sources.
# reads pinned: .registry registry_name
# copies pinned: .pinned .digest
def pinned:
  _string(.pinned)
  // if (.registry | type) == "string" and (.registry | contains("://")) and _string(.digest) then
       "\(registry_name)/\(repository)@\(.digest)"
     else null
     end;

# Whether a tag, of a record or by itself, only holds what refers to an image: signatures, an SBOM…
# They are named after the digest of the image, sha512 cut short, and cosign puts its kind behind.
# copies is_referrer_tag: .tag
def is_referrer_tag:
  (if type == "object" then .tag else . end)
  | type == "string" and (startswith("sha256-") or startswith("sha512-"))
    and test("^sha(256|512)-[0-9a-f]{64}(\\.(sig|att|sbom))?\\z");

# The image id: what `docker images` shows.
# copies image_id: .info.sha .manifest.config.digest .config.digest
def image_id: _string(.info.sha) // _string(manifest.config.digest);

# A platform as a string: os/architecture[/variant].
def _slash($part):
  if ($part | type) != "string" or $part == "" then . elif . then . + "/" + $part else $part end;
def platform_name: . as $it | null | _slash($it.os) | _slash($it.architecture) | _slash($it.variant);
def _platform(image):
  .platform as $given
  | ($given | type) as $type
  | if $type == "object" then $given | platform_name
    elif $type == "string" then $given
    else image as $image | if $image then $image | platform_name else null end
    end;
# reads platform: .platform.os .platform.architecture .platform.variant image_config .os .architecture .variant
# reads platform: .config.os .config.architecture .config.variant
# reads platform: .history[0].v1Compatibility|fromjson.os .history[0].v1Compatibility|fromjson.architecture
# reads platform: .history[0].v1Compatibility|fromjson.variant
def platform: _platform(image_config // v1);

# Layers, or an artifact's blobs, the lowest first: {digest, size, mediaType}; schema 1 tells no
# sizes. Other documents have none.
# reads layers: is_schema1
# copies layers: .manifest.layers[].digest .manifest.layers[].size .manifest.fsLayers[].blobSum
# copies layers: .manifest.layers[].mediaType .layers[].digest .layers[].size .layers[].mediaType
# copies layers: .manifest.blobs[].digest .manifest.blobs[].size .manifest.blobs[].mediaType
# copies layers: .blobs[].digest .blobs[].size .blobs[].mediaType .fsLayers[].blobSum
def _listed: manifest | .layers // .blobs;
def layers:
  if is_schema1 then manifest.fsLayers | reverse | map({digest: (.blobSum? // null), size: null, mediaType: null})
  else _array(_listed) | map(objects | {digest, size, mediaType})
  end;

# How many there are.
def layers_count:
  if is_schema1 then manifest.fsLayers | length else _array(_listed) | map(objects) | length end;

# The sum of their sizes, compressed as a registry keeps them; null where they are not told.
# reads layers_size: is_schema1
# sums layers_size: .manifest.layers[].size .layers[].size .manifest.blobs[].size .blobs[].size
def layers_size:
  if is_schema1 or (_listed | type) != "array" then null
  else
    reduce (_listed[] | objects | .size) as $size (null;
      if . == false then .
      elif ($size | type) == "number" then . + $size
      else false
      end
    )
    | if . == null then 0 elif . then . else null end
  end;

# A layer's digest as the key of an object; one that is not a string may be anything.
def layer_key: if type == "string" then . else " \(tojson)" end;

# The layers as [digest, size] each; null where their sizes are not told.
# copies sized_layers: layers
def sized_layers:
  if is_schema1 or (_listed | type) != "array" then null
  else
    [_listed[] | objects | [(.digest | layer_key), .size]]
    | map(.[1]) as $sizes
    | if $sizes == [] or (($sizes | min | type) == "number" and ($sizes | max | type) == "number") then . else null end
  end;

# gsub without a pattern, in linear time.
def replaced($old; $new): . / $old | join($new);

# Text for people to look at: `?` for what a terminal obeys or does not show, which are control characters, marks
# of direction and other characters without width (Unicode's Cc and Cf), and separators of lines and paragraphs.
# gsub would take quadratic time.
def _is_unprintable:
  . < 32 or (. >= 127 and . < 160) or . == 173 or . == 1564 or . == 6158 or (. >= 8203 and . <= 8207)
  or (. >= 8232 and . <= 8238) or (. >= 8288 and . <= 8303) or . == 65279 or (. >= 65529 and . <= 65531)
  or (. >= 917504 and . <= 917631);
def is_printable: test("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]") | not;
def _printable(kept):
  if is_printable then . else explode | map(if _is_unprintable and (kept | not) then 63 else . end) | implode end;
def printable: _printable(false);
# The same for text that may have lines and tabs in it.
def printable_lines: _printable(. == 9 or . == 10 or . == 13);

# reads labels: image_config
# copies labels: .config.config.Labels .config.Labels
# copies labels: .history[0].v1Compatibility|fromjson.config.Labels
def labels: _object(image_config.config.Labels) // _object(v1.config.Labels) // {};
# copies annotations: .annotations .manifest.annotations
def annotations: _object(.annotations) // _object(manifest.annotations) // {};

# The seconds of a date in UTC without a fraction; an error if it is not a valid date.
def _seconds:
  . as $text
  # mktime has -1 and -2 for its own errors.
  | if . == "1969-12-31T23:59:59Z" then -1
    elif . == "1969-12-31T23:59:58Z" then -2
    else fromdateiso8601
    end
  # strptime takes spaces, short numbers and 30 February: what it read must look as it was written.
  | if ("000" + todate)[-20:] == $text then . else error end;

# A date (RFC 3339) as an instant, in any of its forms.
def _any_instant:
  def digits: explode | min >= 48 and max <= 57;
  def fraction:
    if . == "" then 0
    elif .[:1] == "." and (.[1:] | digits) then "0" + . | tonumber
    else error
    end;
  def zoned($time; $offset):
    ($time[19:] | fraction) as $fraction
    | if $time[16:19] == ":60" then
        # A leap second, which is there at the end of a day in UTC alone.
        ($time[:17] + "59Z" | _seconds - $offset + 1) | if . % 86400 == 0 then . else error end
      else $time[:19] + "Z" | _seconds - $offset
      end
    | [., $fraction];
  def minutes:
    if (.[1:3] + .[4:] | digits) and .[1:3] < "24" and .[4:] < "60" then
      (.[1:3] | tonumber) * 60 + (.[4:] | tonumber)
    else error
    end;
  ascii_upcase
  | (try
      if endswith("Z") then zoned(.[:-1]; 0)
      elif .[-6:-5] == "+" and .[-3:-2] == ":" then zoned(.[:-6]; .[-6:] | minutes * 60)
      elif .[-6:-5] == "-" and .[-3:-2] == ":" then zoned(.[:-6]; .[-6:] | minutes * -60)
      else null
      end
    catch null);

# A date (RFC 3339) as an instant, [seconds, fraction], that sorts; null if it is not a valid date.
def instant:
  if type != "string" then null
  else
    # Nearly all dates are in UTC and written like this; any doubt is left to the longer way.
    . / "." as [$whole, $rest, $more]
    | (if $rest then $whole + "Z" else $whole end) as $text
    | (try ($text | fromdateiso8601 | if todate == $text then . else null end) catch null) as $seconds
    | if $seconds == null then _any_instant
      elif $rest == null then [$seconds, 0]
      else
        $rest / "Z" as [$digits, $end]
        | if $end == "" and $more == null and $digits != "" and $rest == $digits + "Z"
            and ($digits | contains("e") or contains("E") | not) then
            (try ("0." + $digits | tonumber) catch null) as $fraction
            | if $fraction == null then null else [$seconds, $fraction] end
          else _any_instant
          end
      end
  end;

# Whether seconds are what builders write to get the same bytes every day: the zero time, the epoch, or
# anything before it, when there were no images, and the first day of ZIP files, 1980.
def _is_placeholder: . < 2 or (. >= 315532800 and . < 315532802);

# A date as [instant, reason], with the reason why it is not real, or null: "malformed" or
# "placeholder", in UTC or by the clock that it was written by.
def _dated:
  . as $text
  | instant as $instant
  | [ $instant,
      if $instant == null then "malformed"
      # The last second of 1980's first day, in every time zone.
      elif $instant[0] > 315619200 then null
      elif $instant[0] | _is_placeholder then "placeholder"
      elif ($text[:19] + "Z" | instant // [0] | .[0] | _is_placeholder) then "placeholder"
      else null
      end
    ];

# Whether an object says where its date is from, as manifest records do: then its `created` and
# `built` are those to use.
def _says_origin: (.createdFrom? // null | type) == "string";

# The dates of anything else, as [date, origin], the best place first.
def _date($origin): if . then [., $origin] else empty end;
def _annotated: _string(annotations["org.opencontainers.image.created"]);
def _dates:
  (_string(.created) | _date("config")),
  (_string(.info.created) | _date("config")),
  (_string(image_config.created) | _date("config")),
  (_string(v1.created) | _date("history")),
  (_annotated | _date("annotation")),
  (_string(labels["org.opencontainers.image.created"]) | _date("label"));

# The first of them that is real; if none is, the first.
def _best_date: first(_dates | select(.[0] | _dated[1] == null)) // first(_dates) // [null, null];

# The creation date as a string, as it was found; null if there is none.
# reads created: image_config .createdFrom
# dates created: .info.created .created .config.created .history[0].v1Compatibility|fromjson.created
# dates created: .annotations."org.opencontainers.image.created"
# dates created: .manifest.annotations."org.opencontainers.image.created"
# dates created: .config.config.Labels."org.opencontainers.image.created"
# dates created: .config.Labels."org.opencontainers.image.created"
# dates created: .history[0].v1Compatibility|fromjson.config.Labels."org.opencontainers.image.created"
def created: if _says_origin then _string(.created) // _string(.info.created) else _best_date[0] end;

# Where it was found: "config", "history", "annotation" or "label". Images inherit labels from their
# base, so such a date may be another image's.
# dates created_from: created
def created_from: if _says_origin then .createdFrom else _best_date[1] end;

# When the image was built, if an annotation says that this was later than `created`; else null.
# dates built: .built created
def built:
  _string(.built)
  // if _says_origin then null
     else
       _annotated as $built
       | if $built == null then null
         else
           _best_date as [$created, $origin]
           | ($created | _dated) as $created
           | ($built | _dated) as $built_at
           | if ($origin == "config" or $origin == "history") and $created[1] == null
               and $built_at[1] == null and $built_at[0] > $created[0] then $built
             else null
             end
         end
     end;

# The instant to sort and judge an image by, that of `built` or else of `created`, as [instant, reason,
# built]: the reason why its date is not real, "absent", "malformed" or "placeholder", or null; and
# `built`, if that is what it goes by.
# reads dating: .reproducible
# dates dating: built created
def dating:
  built as $built
  | (if $built then $built | _dated else [null, null] end) as $dated
  | if $dated[0] and $dated[1] == null then $dated + [$built]
    else
      created as $created
      | if $created == null then [null, "absent"]
        else
          .reproducible? as $reproducible
          | $created
          | _dated
          | if $reproducible == true and .[0] then .[1] = "placeholder" else . end
        end
    end;

# An instant as a string that sorts, which is quicker than to compare numbers: seconds with always as many
# digits, and the fraction without zeros at its end.
def instant_key:
  "\(.[0] + 1000000000000)"
  + (.[1]
     | if . == 0 then ""
       else
         tostring
         | if contains("E-") then
             . / "E-" as [$digits, $zeros]
             | "0." + "0" * ($zeros | tonumber - 1) + ($digits / "." | add)
           else .
           end
         | until(endswith("0") | not; .[:-1])
         | .[1:]
       end);

# The seconds of such a string.
def key_seconds: .[:13] | tonumber - 1000000000000;

# What sorts images by date, of what `dating` gives: those without a real one, of null, come first.
def date_key: if .[1] then null else .[0] | instant_key end;

# The reason why the date of an image is not real; null for a real date.
# dates undated: dating
def undated: dating[1];

# What sorts images by date: those without a real one come first, as they came in.
# dates by_date: dating
def by_date: dating | date_key;

# How many days ago an image was built, or else created; null without a real date.
# reads age: dating
def age($now): dating | if .[1] then null else ($now - .[0][0]) / 86400 end;
def age: age(now);

# An object with the reason why an image's date is not real, if there is one.
def undated_because($reason): if $reason then . + {undated: $reason} else . end;

# The output of f for an image, with the reason if its date is not real.
def with_undated(f): undated as $reason | f | undated_because($reason);

# What a report adds to its `info.created`, $told, where that is not all that is known of its dates.
def _date_fields($told):
  created_from as $origin
  | (if $origin == "annotation" or $origin == "label" then created else null end) as $better
  | if .reproducible == true or (_says_origin | not) and (created | . != null and _dated[1] == "placeholder")
    then {reproducible: true}
    else {}
    end
    + (built | if . then {built: .} else {} end)
    + if $better == null then {}
      # Whether the config has a date, too, which must be a placeholder. Of an artifact, the view of
      # schema 1 has the annotation's.
      elif (if _says_origin | not then $told != $better
            elif _object(.info) then _string(.created)
            elif .manifest.schemaVersion? == 1 then _string(v1.created)
            else _string(_object(.config).created)
            end) then {created: $better, createdFrom: $origin}
      elif $origin == "label" then {createdFrom: $origin}
      else {}
      end;

# The default report. What the blog's program gives comes first: schema 1's newest history entry.
# `reproducible`, `built`, `createdFrom` and `created` are there where `info.created` is not the whole
# story: it is a placeholder, the image was built later, or the date is from elsewhere.
# reads summary: platform .reproducible .manifest.schemaVersion
# copies summary: .registry .ref repository .tag identity .pinned created built image_id
# copies summary: .config.Image .config.config.Image .history[0].v1Compatibility|fromjson.config.Image
def summary:
  v1 as $v1
  | (if $v1 then $v1 else image_config end) as $image
  | (if _says_origin then $image.created // .info.created else $v1.created end) as $blogs
  | {registry, ref, repository: repository, tag} + identity
    + (if _string(.pinned) then {pinned} else {} end)
    + {
        platform: _platform($image),
        info: {created: ($blogs // created), sha: (_string($image.config.Image) // image_id)}
      }
    + _date_fields($blogs // created);

# The parts of a tag that is a version: prefix, numbers, revision, pre-release, suffix.
def _version_pattern:
  # No commit's digest.
  "^(?!(?=[0-9]*[a-f])[0-9a-f]{7,64}$)"
  + "((?:[A-Za-z][A-Za-z0-9]*[-_])*[vV]?)"
  + "([0-9]+(?:\\.[0-9]+)*(?:u[0-9]+)?)"
  + "(?:[-_]b?([0-9]+)(?=$|[-_]))?"
  + "((?:[-_.]?(?i:alpha|beta|rc|cr|preview|prerelease|pre|dev|snapshot|nightly|canary|milestone|next"
  + "|unstable|experimental|edge|eap?|insiders?|pr|test|testing)(?![A-Za-z])(?:[-_.]?[0-9]+)*"
  + "|(?<=[0-9])[abc][0-9]+(?![0-9A-Za-z])|[-.]M[0-9]+)*)"
  + "([-_.+].*)?$";

# What sorts pre-releases of one version: numbers before words, and words by how close they are.
def _pre_order:
  {a: 1, alpha: 1, ea: 1, eap: 1, m: 2, milestone: 2, b: 3, beta: 3, pre: 4, preview: 4, prerelease: 4, c: 5, cr: 5, rc: 5}
    as $rank
  | [ascii_downcase | match("[0-9]+|[a-z]+"; "g").string | tonumber? // [$rank[.] // 0, .]];

# How many numbers there are, with a d before it where they begin with a date or the number of a build.
def _shape: if .[0] < 100000 then "\(length)" else "d\(length)" end;

# A day with hyphens as a number: 2024-05-14 is 20240514.
def _with_days: if test("[0-9]{4}-") then sub("(?<![0-9.])(?<y>(19|20)[0-9]{2})-(?<m>0[1-9]|1[0-2])-(?<d>[0-3][0-9])(?![0-9])"; .y + .m + .d) else . end;

# A tag, of a record or by itself, as a version; null if it is not one:
# {prefix, numbers, revision, pre, suffix, kind, order}. Versions are of one kind if they have as many
# numbers and the same prefix and suffix; `order` sorts them. A prefix v does not count. Dates and numbers of
# builds sort before other versions: [3] is newer than [20240131].
# reads version: .tag
def version:
  (if type == "object" then .tag else . end)
  | if type != "string" then null
    else
      [_with_days | match(_version_pattern).captures[].string] as [$prefix, $digits, $revision, $pre, $suffix]
      | if $digits == null then null
        else
          ($digits / "u" | map(. / ".") | add | map(tonumber)) as $numbers
          | (if $prefix == "v" or $prefix == "V" then "" else $prefix end) as $prefix
          # A date or a revision at the end: 16.1.0-debian-11-r5.
          | (if $revision == null and $suffix != null and ($suffix[-1:] | . >= "0" and . <= "9") then
               [$suffix | match("^(.*[-_])(r[0-9]+|[0-9]{6,})$").captures[].string]
             else []
             end) as [$before, $last]
          | (if $last then $last | ltrimstr("r") else $revision end | if . then tonumber else null end)
            as $revision
          | ($before // $suffix // "") as $ending
          | {
              $prefix, $numbers, $revision, pre: (if $pre == "" then null else $pre end),
              suffix: ($suffix // ""),
              kind: "\($prefix)\($numbers | _shape)\(if $revision then "r" + ([$revision] | _shape) else "" end)\($ending)",
              order: [
                ($numbers | _shape) < "d", $numbers,
                (if $pre == "" then [1] else [0, ($pre | _pre_order)] end), $revision // -1
              ]
            }
        end
    end;

# What a value is that a stage before `manifests` wrote, or null.
# reads _unfetched: .tags .Tags .repositories .manifest.schemaVersion .config.os .rootfs.type .schemaVersion
# reads _unfetched: .history[0].v1Compatibility|fromjson.os .ref .repository .tag .digest .mediaType .created .info
def _unfetched:
  if type != "object" or .digest or .mediaType or .created or .info or .manifest or .config or .history
    or .rootfs or .schemaVersion or is_error then null
  elif (.tag | type) == "string" and (.ref // .repository | type) == "string" then ["tag records", "regpipe manifests"]
  elif (.repository | type) == "string" then ["repository records", "regpipe tags and regpipe manifests"]
  elif (.tags // .Tags | type) == "array" then ["lists of tags", "regpipe tags and regpipe manifests"]
  elif (.repositories | type) == "array" then ["lists of repositories", "regpipe tags and regpipe manifests"]
  elif (.ref | type) == "string" then ["references", "regpipe manifests"]
  else null
  end;

# End the program, since a stage before it was forgotten.
def _forgotten($program; $needed; $given; $stages):
  "regpipe summarize: \($program) needs \($needed); these are \($given): pipe \($stages) first\n"
  | halt_error(5);

# An array of tag records, as it is; records from a stage before `tags` end the program.
# reads needs_tags: _unfetched is_error
def needs_tags($program):
  (first(.[] | _unfetched | select(.) | select(.[0] != "tag records")) // null) as $found
  | if $found then _forgotten($program; "tag records"; $found[0]; "them through regpipe tags") else . end;

# An image, or an array of images, as it is; a record from a stage before `manifests` ends the program.
# reads needs_manifests: is_error .tags .Tags .repositories .manifest.schemaVersion .config.os .rootfs.type .schemaVersion
# reads needs_manifests: .history[0].v1Compatibility|fromjson.os
# copies needs_manifests: .ref .repository .tag .digest .mediaType .created
def needs_manifests($program):
  (if type == "array" then first(.[] | _unfetched | values) // null else _unfetched end) as $found
  | if $found then _forgotten($program; "manifest records"; $found[0]; "them through \($found[1])") else . end;

# Apply f to the items of images, in an array; what items `[{}, this]` have for error records follows.
def over_items(f): (map(select(.[0] != {})) | f), (.[] | select(.[0] == {})[1]);

# Apply f to all that are images, in an array; error records follow as they came.
def over_images(f):
  map(select(is_error)) as $errors
  | (if $errors == [] then . else map(select(is_error | not)) end | f), $errors[];

# The same for all but the tags that only hold what refers to an image.
# reads over_tags: is_error
# copies over_tags: is_referrer_tag
def over_tags(f): over_images(map(select(is_referrer_tag | not)) | f);

# Where an error record says that something is missing, as [registry, repository, tag]; null stands for
# any. One that only has a `ref` may mean a registry or a repository of the default one.
def _missing:
  if .registry or .repository then [registry_name, repository, .tag]
  elif (.ref | type) == "string" then
    (.ref / "@" | .[0] / "://" | .[-1]) as $name
    | ($name / "/") as $parts
    # A tag stands behind the last slash; before it a colon is a port's.
    | ($parts[-1] / ":") as [$last, $tag]
    | if ($parts | length) == 1 then [$name, null, null], [null, $last, $tag], [null, "library/\($last)", $tag]
      else
        ($parts[1:-1] + [$last] | join("/")) as $path
        | [$parts[0], $path, $tag], [null, "\($parts[0])/\($path)", $tag]
      end
  else [null, null, null]
  end;

# All that error records may stand for, to look names up in with `missing_as`: {name: ref}. Where a tag
# may have any digest of its repository, $whole, it stands for all of it.
def missing($whole):
  reduce .[] as $record ({};
    ($record | _string(.ref) // _string(.repository) // _string(.registry) // "an input") as $ref
    | reduce ($record | _missing | if $whole then .[2] = null else . end | tojson) as $name (.;
        if .[$name] then . else .[$name] = $ref end
      )
  );

# Which error record, by its `ref`, stands for an image or for its repository (where $tag is null);
# null where none does. An image that does not tell its registry may be in any.
def missing_as($missing; $tag):
  if $missing == {} then null
  else
    registry_name as $registry
    | repository as $repository
    | first(
        ($registry, null) as $host
        | ($repository, null) as $path
        | ($tag, null) as $tag
        | $missing[[$host, $path, $tag] | tojson] // empty
      ) // null
  end;
