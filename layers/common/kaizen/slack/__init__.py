"""Slack: escaping, messages within its limits, and posting them."""
