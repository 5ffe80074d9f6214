"""What a process holds in memory while many updates wait."""
