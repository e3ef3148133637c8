"""POST /alerts: Alertmanager's word that a canary is over its budget, for the monitor, which pages."""
