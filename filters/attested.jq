# Which tags are signed and have an SBOM and provenance, by what `manifests --referrers` found.
# input: slurp
# output: json
# reads: by_repository tag_or_digest .ref .digest image_digest pinned needs_manifests is_referrer_tag .referrers
# reads: .artifactType .index.descriptor.annotations .manifest.layers .manifest.annotations
#
# signed: what the tag leads to is signed, an index as a whole. sbom and provenance: that, or each of its images
# that came in, has one. null: nobody looked (manifests --referrers), or a statement does not tell what it is
# about. That there is a signature says nothing of whose it is: verify it with its own tool.
include "oci" {search: "./lib"};

# What a referrer is, by its artifactType and the predicateTypes of its statements: signed, sbom, provenance,
# or unknown where it is a statement about anything.
def kinds($types):
  ($types | map(strings | ascii_downcase) | join(" ")) as $text
  | if $text | test("simplesigning|cosign\\.artifact\\.sig|notary\\.signature|cosign/sign/|message-signature") then "signed"
    else
      [ ($text | select(test("spdx|cyclonedx|syft|sbom")) | "sbom"),
        ($text | select(test("slsa\\.dev/provenance|provenance")) | "provenance")
      ]
      | if . != [] then .[]
        # A type that is not one of these is known to be something else.
        elif ($text | test("in-toto|attestation|dsse|sigstore\\.bundle")) and ($text | test("https?://") | not)
        then "unknown"
        else "other"
        end
    end;

# Where the type of a statement stands: BuildKit's and cosign's annotations of layers, Sigstore's of manifests.
def predicates:
  .annotations?
  | objects
  | .["in-toto.io/predicate-type", "predicateType", "dev.sigstore.bundle.predicateType"]
  | strings;

# The kinds of a record that is a referrer itself.
def own_kinds:
  (if _string(.tag) then .tag[71:] else "" end) as $end
  | if is_referrer_tag and $end == ".sig" then "signed"
    elif is_referrer_tag and $end == ".sbom" then "sbom"
    else
      kinds([.artifactType, (_object(.manifest) | values | predicates),
             (_array(.manifest.layers)[] | .mediaType?, predicates)])
    end;

# The image that a record is a BuildKit statement about, its index's entry says.
def stated: _string(.index.descriptor.annotations["vnd.docker.reference.digest"]);

# As much of a digest as the tags of referrers hold.
def subject: .[:71];

# What refers to what by a record, as [subject, kind, digest] each.
def relations:
  (.digest | strings // null) as $digest
  | ( _array(.referrers)[]
      | objects
      | kinds([.artifactType, .annotations["dev.sigstore.bundle.content"]?, _array(.predicateTypes)[]]) as $kind
      | [((.subject | strings) // $digest), $kind, .digest]
    ),
    (stated as $subject | select($subject) | own_kinds as $kind | [$subject, $kind, image_digest]),
    (select(is_referrer_tag) | own_kinds as $kind | [(.tag | .[:6] + ":" + .[7:71]), $kind, $digest])
  | select(.[0])
  | .[0] |= subject;

def in_repository:
  [.[] | relations] as $relations
  | (reduce $relations[] as [$subject, $kind] ({}; setpath(["\($subject) \($kind)"]; true))) as $has
  | ($relations | map([.[0], .[2]]) | group_by(.[0])
     | reduce .[] as $group ({}; setpath([$group[0][0]]; $group | unique | length))) as $count
  | map(select((is_referrer_tag or stated) | not))
  | group_by(tag_or_digest)[]
  | .[0] as $first
  | ([$first.digest | strings | subject]) as $tag
  | ([.[] | image_digest | strings | subject] | unique) as $images
  | all(.[]; (.referrers | type) == "array") as $looked
  | def has($kind): $has["\(.) \($kind)"] // false;
    def told($kind):
      if any($tag[]; has($kind)) or ($images != [] and all($images[]; has($kind))) then true
      elif $looked and (any($tag[], $images[]; has("unknown")) | not) then false
      else null
      end;
    $first
  | {registry, ref, repository: repository, tag, digest}
    + (pinned as $pinned | if $pinned then {$pinned} else {} end)
    + {
        signed: (if any($tag[]; has("signed")) then true elif $looked then false else null end),
        sbom: told("sbom"), provenance: told("provenance"),
        referrers: ([$tag[], $images[]] | unique | map($count[.] // 0) | add // 0)
      };

needs_manifests("attested") | over_images(by_repository[] | in_repository)
