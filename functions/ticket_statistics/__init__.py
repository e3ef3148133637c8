"""What time alone changes: MTTR over the last 30 days, SLA breaches, next deadlines."""
