"""Every metric for Prometheus: rows of totals, never tickets, so that a scrape costs the same after years."""
