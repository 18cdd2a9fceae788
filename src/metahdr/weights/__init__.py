"""Weight files of networks: read, checked, never executed."""
