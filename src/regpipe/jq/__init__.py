"""jq programs: found, compiled and run. The only package that uses the `jq` package.

options      the command line of `summarize`, which is jq's
library      named programs: the bundled ones and the user's own
libjq        libjq's C functions, called through ctypes
output       where results and messages go
program      one compiled program: a value in; results, messages and exit code out
strategy     which of two ways inputs are read; the result is the same:
native         by libjq: for every option of jq, `input` and `inputs`
parallel       by regpipe: as they come, or in blocks by several processes
inputs       the bytes of the inputs, with their file and line
values       values as libjq's parser divides them
records      records as Python divides them, reduced to what a bundled program reads
projection   how they are reduced
templates    results reused for records that differ in copied strings only
tasks        what is done with values: a program runs over each, or they are collected
workers      the processes that run over blocks
batch        several programs over the same inputs, parsed once: for `report`
"""
