"""Command lines for operators, started by make. Nothing here is deployed."""
