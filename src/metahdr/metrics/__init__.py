"""Image metrics, each with a `Metric` entry in the registry."""
