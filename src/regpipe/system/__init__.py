"""This machine: the user's directories, Ctrl-C, and memory.

directories  home and configuration, never the working directory
files        opened without waiting
interrupts   when Ctrl-C ends the process, and when it ends a run that has to clean up
memory       what JSON takes when it is parsed
"""
