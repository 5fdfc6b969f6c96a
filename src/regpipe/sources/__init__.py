"""Where images are, behind one interface."""
