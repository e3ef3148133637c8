"""The daily Slack digest of open tickets: once per route and local day, with the SLA countdown of each ticket."""
