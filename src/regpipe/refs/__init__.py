"""Image references in the files that people run: a parser for each kind of file in kinds/."""
