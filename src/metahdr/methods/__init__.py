"""Reconstruction methods under one contract."""
