# The rows of `csv` and `tsv`.
#
# copies sheet: summary layers_size needs_manifests over_tags
include "oci" {search: "./"};

# A cell. What a spreadsheet would take for a formula has an apostrophe in front, which these take as: text.
# Numbers are numbers, whatever their sign.
def _cell:
  if type == "array" or type == "object" then tojson
  elif type == "string" and test("^[=+@\t\r-]") then "'" + .
  else .
  end;

# The row of an image or an error record, and null.
def sheet_item($program):
  needs_manifests($program)
  | if is_referrer_tag then empty
    elif is_error then
      [[.ref, .repository, .tag, null, null, null, null, null, null, "\(.error.code): \(.error.message)"], null]
    else
      layers_size as $size
      | summary
      | [[.ref, .repository, .tag, .digest, .platform, .info.created, .built, .info.sha, $size, null], null]
    end;

# The header and the rows.
def sheet_rows:
  ["ref", "repository", "tag", "digest", "platform", "created", "built", "sha", "layersSize", "error"],
  # One look at a row is quicker than many at cells. @csv and @tsv have a way to write lines and tabs.
  (.[][0]
   | if map(strings) | add // "" | is_printable then . else map(if type == "string" then printable_lines else . end) end
   | map(_cell));
