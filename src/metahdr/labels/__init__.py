"""Labels that a method makes of every exposure before meta-training."""
