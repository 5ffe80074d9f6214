"""From a full queue to the last answer of the server, every step recorded."""
