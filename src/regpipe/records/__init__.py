"""The lines between the stages."""
