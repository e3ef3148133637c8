"""Stands for Slack: it takes what Slack would take, as strictly, and shows it to a person."""
