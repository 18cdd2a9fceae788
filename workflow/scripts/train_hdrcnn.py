"""Train HDR-CNN on the training scenes."""

from pathlib import Path

import pandas as pd
import torch

from metahdr.config import Expose, Label
from metahdr.files import whole
from metahdr.labels import save_hdrcnn, train_hdrcnn
from metahdr.scenes import Scenes
from metahdr.script import run


def main(data: Path, settings: Label, camera: Expose, seed: int, threads: int, model: Path, history: Path) -> None:
    torch.set_num_threads(threads)
    network, rows = train_hdrcnn(Scenes(data, "train"), settings, camera, seed)
    with whole(history) as part:
        pd.DataFrame(rows).to_csv(part, index=False)
    save_hdrcnn(model, network, settings)


if __name__ == "__main__":
    run(main)
