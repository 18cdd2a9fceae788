"""Simulated HDR labels: HDR-CNN's training, its weights, and its prediction for every exposure."""
