"""Training: the loop, its inputs, resumable state, interrupts, processes, progress."""
