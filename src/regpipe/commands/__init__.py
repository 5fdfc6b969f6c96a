"""The verbs, a module each: its help, its arguments and `main(argv, streams) -> exit code`."""
