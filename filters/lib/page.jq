# What the page of `report` shows of two programs, in one run: dates are read and records grouped only once.
include "totals" {search: "./"};
include "retention" {search: "./"};
include "used" {search: "./"};
include "oci" {search: "./"};

# The lines of `totals` and of `retention-preview`, $now in seconds, as {totals: line} and {retention: line}.
def page_figures($settings; $now):
  (map(select(is_error)) | missing(true)) as $errors
  | map(select(is_error | not) | setpath(["dating"]; dating))
  | by_repository
  | (totals_of_repositories(.dating) | totals_lines | {totals: .}),
    (.[] | {retention: repository_preview($errors; $settings; $now; .dating)});
