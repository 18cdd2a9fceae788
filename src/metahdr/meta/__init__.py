"""Meta-learning: one `adapt` for training, validation and test, and the outer loop."""
