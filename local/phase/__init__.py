"""Simulated users of the phase streams: oscillators, their producer, and viewers."""
