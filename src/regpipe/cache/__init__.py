"""What registries gave, kept from run to run."""
