"""Finds sandboxes that nobody uses, tells their owners, and stops them half an hour after the owner was told."""
