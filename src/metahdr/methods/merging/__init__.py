"""Networks that merge the exposures of a moving bracket: one file each, what they share in the others."""
