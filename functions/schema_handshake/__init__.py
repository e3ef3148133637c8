"""The handshake of the phase schema: what a client and this server speak together, and the way out if nothing."""
