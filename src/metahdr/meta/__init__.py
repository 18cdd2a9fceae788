"""Meta-learning: the learner and its inner loop, the engines, the outer loop, the labels of support sets."""
