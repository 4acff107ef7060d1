"""What the copies of a service tell each other: that something has happened, never what."""
