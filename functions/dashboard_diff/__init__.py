"""Tells reviewers of a pull request what it changes in Grafana dashboards, and what only looks like a change."""
