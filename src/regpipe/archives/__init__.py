"""Files in directories and tar files, read in place."""
