"""How a one-time code reaches the phone."""
