"""ShareRegistry: shared apps, audiences, pushes and inboxes."""
