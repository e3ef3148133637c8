"""Sandboxes that nobody uses: their owners are told, and half an hour later they are stopped, never deleted."""
