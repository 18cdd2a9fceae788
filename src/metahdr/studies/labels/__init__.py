"""The study of labels: a trained HDR-CNN beside ExpandNet and linearisation, on scenes it never saw."""
