"""MetaHDR: reproducible HDR reconstruction with meta-learning."""
