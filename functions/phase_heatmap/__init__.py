"""The heatmap's page: what it is made of, and how browsers get it."""
