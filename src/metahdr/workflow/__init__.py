"""What Snakemake and DVC say of a run. No other part of the library knows them."""
