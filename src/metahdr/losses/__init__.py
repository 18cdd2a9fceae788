"""Losses between a prediction and its label.

An entry of the registry is a factory: a function of options that returns the loss. All losses have a second
derivative, which MAML needs. They are smooth but for kinks (absolute values, maxima, ReLUs), a set of measure
zero, where PyTorch takes the derivative of one side.
"""
