"""Lets torchvision be imported beside a CPU build of torch.

torchvision's wheels bring operators that are compiled for CUDA. Where these cannot be loaded, the import of
torchvision fails, because the schemas of two operators are missing. With the schemas declared here, everything but
`torchvision.ops.nms` works. Import this module before anything that imports torchvision, such as learn2learn.
"""

import torch

if torch.version.cuda is None:
    _library = torch.library.Library("torchvision", "DEF")
    for _name in ("nms", "qnms"):
        _library.define(f"{_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
