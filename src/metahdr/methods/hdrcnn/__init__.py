"""HDR-CNN."""
