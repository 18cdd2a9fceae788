"""Training: state and resume, interrupts, processes, progress."""
