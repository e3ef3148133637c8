"""Events on the bus, a package for each origin: typed, versioned, slim. Facts, never whole payloads."""
