"""Help, man pages and completion, made from the help of the verbs and the pages of docs.

helptext      a verb's help, divided into its parts
markdown      a page of docs, divided into blocks
text          the latter as text for a terminal
roff          both as man pages
topics        the subjects of `regpipe help`, and where their pages are
schemas       the JSON Schemas that `regpipe schema` prints
candidates    what completion offers
other_tools   what does the job here of other tools' verbs and options
"""
