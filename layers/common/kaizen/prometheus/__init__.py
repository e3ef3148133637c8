"""Questions to a Prometheus: `client` asks, `answers` reads; what failed is never taken for what is empty."""
