"""Prometheus rules in pull requests and in CI: what is broken, what is doubled, what changed."""
