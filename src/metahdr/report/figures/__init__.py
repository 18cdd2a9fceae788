"""The report's figures. Each is a function that returns a `Figure`: SVG, and the numbers that it shows."""
