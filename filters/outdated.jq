# References of which there is a newer version of the same kind, given the tags that `tags` found for them.
# input: slurp
# output: json
# parameter: pre boolean false pre-releases, too
# reads: _unfetched registry_name repository version is_referrer_tag .tag .from .found .kubernetes .ref
#
# `tags` keeps the reference that it came from as `from`. A newer version of the same kind has as many numbers
# and the same suffix, such as -alpine. A reference that is a pre-release has pre-releases, too.
include "oci" {search: "./lib"};
# The tag of a reference.
def from_tag:
  (if type == "object" then .tag // .ref else . end)
  | if type == "string" then (. / "@")[0] / "/" | .[-1] | if contains(":") then (. / ":")[-1] else . end
    else null
    end;
# Tag records, as they are; what comes from elsewhere, or from no reference at all, ends the program.
def needs_references:
  # Repositories that have no tag in a list of references come from none.
  [.[] | select(is_error or .from | not) | (_unfetched // ["manifest records"])[0]] as $others
  | (first($others[] | select(. != "tag records"))
     // (if $others != [] and all(.[]; .from | not) then "references, or tags of repositories" else null end))
    as $found
  | if $found then
      _forgotten("outdated"; "the tag records of references"; $found; "references, such as those of refs, through regpipe tags")
    else .
    end;
($ARGS.named.pre // false | . == true or . == "true") as $pre
| needs_references
| over_images(
    map(select(.from and (is_referrer_tag | not)))
    | group_by(.from)[]
    | .[0] as $first
    | ($first.from | from_tag) as $tag
    | ($tag | version) as $current
    | select($current)
    | [ .[]
        | version as $version
        | select($version and $version.kind == $current.kind and $version.order > $current.order
                 and ($pre or $current.pre != null or $version.pre == null))
        | [$version.order, .tag]
      ]
    | select(. != [])
    | sort
    | map(.[1]) as $newer
    | {registry: $first.registry, repository: ($first | repository), from: $first.from, tag: $tag,
       newest: $newer[-1], $newer}
      + ($first | {found, kubernetes} | with_entries(select(.value)))
  )
