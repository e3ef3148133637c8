"""Grafana on this machine: the part of its HTTP API that a reader uses, and a page on which people edit dashboards."""
