"""Writing the audit trail as JSON lines, and verifying it."""
