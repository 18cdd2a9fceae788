"""Image metrics and their aggregation."""
