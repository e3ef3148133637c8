"""Live frames as full or delta, whichever is smaller, with honest savings; the way to history; audits."""
