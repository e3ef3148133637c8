"""Code shared by two or more functions; importing this package imports nothing else."""
