"""Studies: each with what it measures and its page. Not part of the default run."""
