"""From a reference to its records."""
