"""Benchmarks: regpipe beside the programs it is measured against, in one run on one machine.

    PYTHONPATH=src:tests python -m bench [ROW…]

prints a table of ratios. Nothing here is a test: figures depend on the machine and what else it
does. Each figure is of pairs of runs that alternate, so that a slow minute hits both sides.
"""
