"""Reviews of pull requests: who is at one, and what was said of it."""
