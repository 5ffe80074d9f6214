"""Taking the 25 oldest updates from a queue that holds few or many."""
