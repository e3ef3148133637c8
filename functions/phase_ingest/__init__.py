"""POST /phase/frames and /phase/uploads: read whole, checked, stored, queued, then acknowledged."""
