# Sort what summary printed, or records, by creation date: the newest last.
# input: slurp
# output: json
sort_by(.info.created // .created)[]
