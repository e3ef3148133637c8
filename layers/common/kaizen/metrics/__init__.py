"""Metrics as rows in one table: `catalogue` names them, `changes` writes them, `rows` reads them."""
