"""The tickets' events as RSS 2.0 and Atom: one frozen item per event, newest first."""
