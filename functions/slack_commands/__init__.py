"""`/kaizen` in Slack: who hears of which tickets, and the digest on demand."""
