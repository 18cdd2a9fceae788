"""The benchmark: the methods of the field side by side."""
