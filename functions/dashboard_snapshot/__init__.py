"""What Grafana holds, hour by hour: every dashboard kept, what people changed in the UI told, any two runs compared."""
