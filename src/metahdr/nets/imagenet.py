"""The normalisation of images that networks trained on ImageNet expect."""

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of RGB in [0, 1]
