"""Meta-learning of how far the radiance network may move in one place."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from metahdr.camera.exposure import expose
from metahdr.camera.family import draw_camera
from metahdr.images.luminance import LUMINANCE, metered_scale
from metahdr.images.panorama import perspective_view
from metahdr.methods.radiance.place import Evidence, correction, joint_head, observe
from metahdr.nets.radiance import TABLE_SIZE, RadianceNet
from metahdr.seeds import named_rng
from metahdr.training.progress import track

CAMERAS, EVS, FIELD_OF_VIEW, SIZE = 4, (-2.0, 0.0, 2.0), 70.0, 128  # of the places that are drawn
EPOCHS, TASKS, RATE = 6, 16, 0.03


class Task(NamedTuple):
    """One view of a place as the query, the other three as the support; nothing is seen in both."""

    support: list[Evidence]
    query: list[Evidence]


def learn_prior(network: RadianceNet, panoramas: Sequence[Path], seed: int) -> list[float]:
    """Changes the network's prior so that a head that is corrected on the support errs least on the query.

    The error is that of the metric: of log luminance, where the query is clipped.

    Args:
        panoramas: `.npy` arrays, from `decode_images`.

    Returns:
        The mean root mean squared error in stops of the queries, an epoch each.
    """
    tasks = []
    for panorama in track(panoramas, "draw places", len(panoramas)):
        tasks += _tasks(network, panorama, seed)
    optimiser = torch.optim.Adam(network.prior.parameters(), RATE)
    order, means = np.random.default_rng(seed), []
    for epoch in track(range(EPOCHS), "learn the prior", EPOCHS):
        optimiser.param_groups[0]["lr"] = RATE * (1 - epoch / EPOCHS)
        losses = []
        for batch in np.array_split(order.permutation(len(tasks)), max(len(tasks) // TASKS, 1)):
            drawn = [tasks[index] for index in batch]
            errors = [query_error(network, task, correction(network, task.support)) for task in drawn]
            loss = torch.stack(errors).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        means.append(float(np.mean(losses)))
    return means


def query_error(network: RadianceNet, task: Task, change: Tensor) -> Tensor:
    """Root mean squared error of log luminance in stops, mean over the query's exposures."""
    head, weights, errors = joint_head(network) + change, torch.from_numpy(LUMINANCE), []
    for seen in task.query:
        ours = seen.linear * (seen.clipped * F.softplus(seen.features @ head.T)).exp()
        logs = [(light @ weights).clamp(min=1e-6).log2() for light in (ours, seen.light)]
        errors.append(((logs[0] - logs[1]).square().mean() + 1e-3).sqrt())  # its slope is finite at 0
    return torch.stack(errors).mean()


def _tasks(network: RadianceNet, panorama: Path, seed: int) -> list[Task]:
    """For each of some cameras four views, a right angle apart; each view is the query once."""
    image, tasks = np.load(panorama), []
    for camera in range(CAMERAS):
        rng = named_rng(seed, "prior", panorama.stem, camera)
        response, start, elevation = draw_camera(rng).response, rng.uniform(0, 360), rng.normal(0, 10)
        table = torch.from_numpy(response.inverse(np.linspace(0, 1, TABLE_SIZE))).float()[None]
        views = []
        for turn in range(4):
            hdr = perspective_view(image, start + 90 * turn, FIELD_OF_VIEW, SIZE, elevation)
            hdr = hdr * np.float32(metered_scale(hdr) * 2 ** rng.normal(0, 0.7))
            seen = []
            for ev in EVS:
                ldr = expose(hdr, ev, response, 0.005, rng, 90)
                exposure, light = (
                    torch.from_numpy(image.transpose(2, 0, 1).astype(np.float32))[None]
                    for image in (ldr / 255, hdr * 2**ev)
                )
                seen.append(observe(network, exposure, table, light, 2.0 ** (ev - EVS[0])))
            views.append([evidence for evidence in seen if evidence])
        for index, query in enumerate(views):
            support = [seen for other in views[:index] + views[index + 1 :] for seen in other]
            if query and any(seen.known.any() for seen in support):
                tasks.append(Task(support, query))
    return tasks
