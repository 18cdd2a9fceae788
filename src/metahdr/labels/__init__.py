"""Labels of support sets: simulated by a method beforehand, or computed when they are needed."""
