"""Lets torchvision be imported beside a CPU build of torch.

torchvision's wheels carry operators compiled for CUDA, and without them its import fails for want of two
operator schemas. Declaring these is enough for everything but `torchvision.ops.nms`. Import this before
anything that imports torchvision (learn2learn does).
"""

import torch

if torch.version.cuda is None:
    _library = torch.library.Library("torchvision", "DEF")
    for _name in ("nms", "qnms"):
        _library.define(f"{_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
