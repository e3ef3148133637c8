"""A digest of open tickets as Slack messages: daily by a route, and on demand by a command."""
