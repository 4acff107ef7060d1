"""How AppShare's commands speak with people and scripts: help, options, exit codes, tables, JSON, progress."""
