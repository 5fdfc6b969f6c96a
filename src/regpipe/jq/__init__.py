"""jq programs: found, compiled and run. The only package that uses the `jq` package.

options      the command line of `summarize`, which is jq's
library      named programs: the bundled ones and the user's own
libjq        libjq's C functions, called through ctypes
program      one compiled program: a value in; results, messages and exit code out
inputs       the bytes of the inputs, with their file and line
strategy     how a program is run over its inputs; the result is always the same:
native         input is read by libjq: for every option of jq, `input` and `inputs`
sequential     one value after another, divided by Python
parallel       large inputs: in blocks, by several processes
slurp          one array of all inputs, reduced to what the program reads
block        the records of one block
workers      the processes that run over blocks
projection   records reduced to what a program reads
templates    results reused for records that differ in copied strings only
"""
