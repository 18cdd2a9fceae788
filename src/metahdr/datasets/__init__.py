"""Datasets: the register of what exists, and how its files make scenes."""
