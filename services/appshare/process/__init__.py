"""What every process of AppShare has: settings, logs, secrets on disk, a command to start it."""
