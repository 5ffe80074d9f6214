"""From the bytes of an event to its key and the JSON to write."""
