"""The page of `regpipe report`: from records and results of programs to one HTML file.

It knows no jq: commands/report.py runs the programs and hands over their results.

records      the records of the input
reduction    what programs read of them; chains makes one of layers that are always together
alike        images of which lineage says the same
model        images and tags, as the page shows them
kinds        what an image or artifact is, and what its referrers are
names        registries, repositories and references without passwords
shown        text with what is invisible in it made visible; the only way text gets into the page
units        bytes, dates and ages for people
render       the page, from the templates in page/
table        the tree of repositories with their tags
…            one module for each other section of the page
packing      the data for the script, compressed
page/        the template, the style and the script
"""
