"""What the hash chain costs a put."""
