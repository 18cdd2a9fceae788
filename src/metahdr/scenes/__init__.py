"""Scenes: what is prepared of a source, its exposures, its split, and what reads them."""
