"""What reading a large index of an upstream costs."""
