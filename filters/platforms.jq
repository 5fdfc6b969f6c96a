# The platforms that each tag offers.
# input: slurp
# output: json
# reads: .ref .tag repository .digest platform .index .manifests needs_manifests
include "oci" {search: "./lib"};

# Of an index, without BuildKit's attestations, which are no platforms.
def offered:
  if _array(.index.platforms) != [] then .index.platforms
  else
    _array((_object(.index) // .).manifests)
    | map(
        select(.annotations["vnd.docker.reference.type"]? == null)
        | _object(.platform) | select(.) | platform_name | strings
      )
  end
  | if . == [] then null else . end;

needs_manifests("platforms")
| over_images(
  to_entries
  | map({
      at: .key,
      row: (.value | {ref, repository: repository, tag, digest}),
      platforms: (.value | offered // [platform | strings])
    })
  # Several records of one tag are its platforms; a document without a name stands for itself.
  | group_by([.row, if .row.ref then null else .at end])
  | sort_by(.[0].at)[]
  | .[0].row + {platforms: (map(.platforms[]) | reduce .[] as $name ([]; . + ([$name] - .)))}
)
