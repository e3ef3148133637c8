"""How many bytes the phase streams send, day by day: a record, its trend, and an alert that explains itself."""
