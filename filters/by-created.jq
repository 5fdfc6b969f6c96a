# Images by creation date, the newest last; those without a real date come first, and say so.
# input: slurp
# output: json
include "oci" {search: "./lib"};
over_images(sort_by(by_date)[] | with_undated(if .info then . else summary end))
