"""How long one event waits for the disk while many arrive."""
