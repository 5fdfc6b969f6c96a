# Images by creation date, the newest last; those without a real date come first, with the reason.
# input: slurp
# output: json
# copies: summary dating needs_manifests over_tags
include "oci" {search: "./lib"};
# By what an image is sorted, the reason why not by a date, and what is printed; errors come last.
def item:
  needs_manifests("by-created")
  | if is_error then [{}, null, .]
    elif is_referrer_tag then empty
    else
      dating as $dating
      | [($dating | date_key), $dating[1], if .info then . else summary end]
    end;
def result: sort_by(.[0])[] | .[1] as $reason | .[2] | undated_because($reason);
map(item) | result
