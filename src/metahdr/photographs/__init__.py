"""Photographs of a user: from their files to HDR images."""

DEFAULT = "radiance"  # the method that reconstructs them: the radiance network
