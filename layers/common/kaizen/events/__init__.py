"""Events on the bus, a module for each origin: typed, versioned, slim."""
