"""Brackets: exposures of one view, aligned, searched for ghosts, and merged to radiance."""
