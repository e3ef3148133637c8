"""Paging somebody who is on call."""
