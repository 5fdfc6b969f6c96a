"""Fuzzing: hostile bytes for each part that reads what others write.

    PYTHONPATH=src:tests python -m fuzz --minutes 2            all targets
    PYTHONPATH=src:tests python -m fuzz --minutes 2 links tar  some of them
    PYTHONPATH=src:tests python -m fuzz --replay FILE          one that failed, with its traceback
    PYTHONPATH=src:tests python -m fuzz --faults               system calls that fail: faults.py
    PYTHONPATH=src:tests python -m fuzz --soak --minutes 10    a long run through faults: soak.py

A target is a module in targets/, found by its name. It has

    TOKENS      bytes that mean something to what is tested; they are inserted now and then
    seeds()     valid inputs to begin with
    check(data) raises an exception if something is wrong with how the bytes are treated

Bytes that fail are kept in found/TARGET/, which test_found.py replays: commit them with the mend.
With atheris (`pip install '.[fuzz]'`) the mutations are guided by coverage; without it they are
random. What was found to be of use is kept for the next run in $XDG_CACHE_HOME/regpipe-fuzz.
"""
