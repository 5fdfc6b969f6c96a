"""What the specifications define: pure functions and plain data."""
