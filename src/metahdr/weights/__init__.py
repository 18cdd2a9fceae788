"""Weight files of networks: read and checked; nothing in them is executed."""
