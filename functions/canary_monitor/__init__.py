"""Canaries: deployments that somebody is to finish within a budget of time, and a page when nobody does."""
