"""From a mapped update to a row that survives a power failure."""
