import numpy as np
import torch

from metahdr.methods import hdrcnn
from metahdr.nets.hdrcnn import HDRCNN


def test_a_large_image_is_reconstructed_in_tiles_as_it_would_be_whole(monkeypatch, scenery):
    monkeypatch.setattr(hdrcnn, "TILE", 128)
    torch.manual_seed(0)
    method, seen = hdrcnn.HDRCNN(HDRCNN(1 / 64).eval()), []
    network = method.network
    network.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].shape[-2:]))
    x = torch.from_numpy(np.clip(scenery(0, 200, 400).transpose(2, 0, 1) / 4, 0, 1).copy())
    with torch.inference_mode():
        whole = network(x[None])[0]
    tiled = method.reconstruct(x[None], [0.0])[0]
    assert max(max(size) for size in seen[1:]) <= 128 + 2 * hdrcnn.MARGIN and len(seen) == 1 + 2 * 4
    saturated = (x.amax(0) > 0.95).expand_as(x)
    assert 0.01 < saturated.float().mean() < 0.5
    assert torch.equal(tiled[~saturated], whole[~saturated])
    torch.testing.assert_close(tiled[saturated], whole[saturated], rtol=0.02, atol=1e-3)
