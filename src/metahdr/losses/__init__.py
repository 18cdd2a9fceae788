"""Losses between a prediction and its label, `(N, 3, H, W)`.

All of them have a second derivative, which MAML needs. They are smooth but for kinks (absolute values, maxima,
ReLUs), a set of measure zero, where PyTorch takes the derivative of one side.
"""
