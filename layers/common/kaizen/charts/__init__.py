"""Charts as SVG, made on the server: no script, no library, readable in both themes and by a screen reader."""
