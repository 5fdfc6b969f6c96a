# Comma-separated with a header: reference, repository, tag, digest, platform, dates, image id, size, error.
# input: slurp
# output: raw
# reads: .error.message
# copies: sheet
#
# Text that begins like a formula of a spreadsheet, with one of = + - @, a tab or CR, has an apostrophe in front.
# Quoting is that of RFC 4180; lines end with a newline alone.
include "sheet" {search: "./lib"};
include "oci" {search: "./lib"};
def item: sheet_item("csv");
def result: sheet_rows | @csv;
map(item) | result
