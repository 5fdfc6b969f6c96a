"""jq programs: found, compiled and run. The only package that touches the `jq` package.

libjq.py     libjq's C functions, called through ctypes
engine.py    one compiled program: a value in, its results, messages and exit code out
running.py   which of these ways a program is run over its inputs:
chunks.py    the bytes of the inputs, and where in them a run stands
native.py    as libjq itself reads them: every option of jq's, `input` and `inputs`
plain.py     one value after another, read by Python
parallel.py  large inputs: in blocks, by several processes
workers.py   those processes
slurp.py     an array of all, of which only what is read was kept
cut.py       records cut down to what a program reads
library.py   programs with names: bundled, and the user's own
"""
