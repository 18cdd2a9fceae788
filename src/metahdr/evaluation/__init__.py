"""Predictions, scores and their comparison."""
