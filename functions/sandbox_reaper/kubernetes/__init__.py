"""Kubernetes namespaces as sandboxes: a thin client of the API server, a reader and a writer. No client library."""
