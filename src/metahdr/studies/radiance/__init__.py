"""The study of the radiance network, on places that no network of this project saw."""
