# Tags by semantic version, the newest last; other tags are left out and counted on standard error.
# input: slurp
# output: json
# parameter: like string "" only versions of the kind of this tag, such as 3.19-alpine
# parameter: pre boolean false pre-releases, too
#
# Tag records are enough. Versions are of one kind if they have as many numbers and the same suffix.
#
# No header says what it reads, as tag records and documents are printed whole.
include "oci" {search: "./lib"};

# Up to three of the tags that are not among the chosen ones, in brackets.
def left_out($chosen):
  (reduce $chosen[][1].tag as $tag ({}; .[$tag] = true)) as $known
  | map(.[1].tag | strings | select($known[.] | not)) | unique
  | if . == [] then "" else " (\(.[:3] | map(printable) | join(", "))\(if .[3:] == [] then "" else ", …" end))" end;

$ARGS.named.like as $like
| (if $like == null then null
   else $like | version // error("like is a tag with a version: --arg like 3.19-alpine")
   end) as $like
| ($ARGS.named.pre // false | . == true or . == "true") as $pre
| needs_tags("versions")
| over_images(
    map(select(is_referrer_tag | not))
    | by_repository[]
    | map([version, .])
    # A word before the numbers is another thing's version (jdk-25, bookworm-20240110), if not asked for.
    | map(select(.[0]
        and (if $like then .[0].kind == $like.kind
             else .[0].prefix | . == "" or test("^(release|rel|version|ver)-[vV]?$")
             end)
        and ($pre or .[0].pre == null))) as $chosen
    | (if length > ($chosen | length) then
         "regpipe summarize: versions: left out \(length - ($chosen | length)) of \(length) tags of "
         + "\(.[0][1] | repository // "an input" | printable)\(left_out($chosen)): "
         + (if $pre then "" else "pre-releases (see --arg pre true), or " end)
         + "not \(if $like then "of the kind of \($ARGS.named.like | printable)" else "versions" end)\n" | stderr
       else null
       end) as $_
    | $chosen
    | sort_by([.[0].order, .[1].tag])[][1]
    | if .digest and (.info | not) then summary else . end
  )
