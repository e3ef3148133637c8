"""Finds what GitHub's webhook lost: deliveries are asked for again, tickets are compared with GitHub's issues."""
