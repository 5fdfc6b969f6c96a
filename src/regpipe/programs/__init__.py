"""jq programs: found, compiled and run. The only package that touches the `jq` package.

libjq.py     libjq's C functions, called through ctypes
engine.py    one compiled program: a value in, its results, messages and exit code out
native.py    inputs as libjq itself reads them: every option of jq's, `input` and `inputs`
plain.py     inputs for the common case, one value after another, read by Python
library.py   programs with names: bundled, and the user's own
"""
