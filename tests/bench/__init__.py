"""Benchmarks of regpipe against other programs, in one run on one machine.

    PYTHONPATH=src:tests python -m bench [ROW…]

prints a table of ratios. Nothing here is a test: figures depend on the machine and its load. Runs
of the two programs alternate, so that a slow minute affects both.
"""
