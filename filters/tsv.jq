# Tab-separated with a header: reference, repository, tag, digest, platform, dates, image id, size, error.
# input: slurp
# output: raw
# reads: .error.message
# copies: sheet
#
# Tabs, newlines and backslashes in text are \t, \n and \\. Text that begins like a formula of a spreadsheet, with
# one of = + - @, has an apostrophe in front.
include "sheet" {search: "./lib"};
include "oci" {search: "./lib"};
def item: sheet_item("tsv");
def result: sheet_rows | @tsv;
map(item) | result
