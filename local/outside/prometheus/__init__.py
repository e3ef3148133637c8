"""Prometheus on this machine: series that are functions of time, asked for by exact selectors."""
