"""What some registries list with their tags: the digest of each, and when it was pushed.

Such a list is a hint. It saves a request for each tag, and is never content: bytes are fetched by
digest and checked as always, and a part of the list is compared with what HEAD responds.

base      a list's pages and entries, and what each of the modules below has
families  which registry has which list, and with which credentials
google, harbor, hub, quay, zot    one list each, by its published description
demand    how many tags of a repository a run is about to request
sample    how many are compared
ahead     both of these
table     the lists of a run, on disk
truth     whether a list is true
hints     when a list is read, used and given up
"""
