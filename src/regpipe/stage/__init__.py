"""What the network verbs share."""
