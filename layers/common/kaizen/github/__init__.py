"""GitHub from both sides: signatures of what it sends, a client for what it is asked."""
