"""What the tests are made with: images, registries to serve them, and ways to run regpipe."""
