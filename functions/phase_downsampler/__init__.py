"""Bodies of frames become sampled rows in the ring, levels of history, and the state of their stream."""
