"""Where package files can be kept."""
