"""What the pages below /reports share: who may look, and the looks."""
