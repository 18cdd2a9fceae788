"""What a figure is, and how a plot and a sheet of pictures become SVG."""

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import cv2
import imageio.v3 as iio
import matplotlib
import numpy as np
import pandas as pd

from metahdr.files import write_text
from metahdr.images.tonemap import OPERATORS, gamma
from metahdr.tables import write_table

matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402

INK, SOFT, LINE = "#1c2430", "#6b7480", "#dfe3e8"
COLOURS = ["#0b6e99", "#c8641b", "#4d8f3b", "#8a5ba6", "#b3261e", "#7a6a4f"]
STYLE = {
    "axes.edgecolor": SOFT,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.prop_cycle": matplotlib.cycler(color=COLOURS),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 10,
    "font.size": 9,
    "grid.color": LINE,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "svg.hashsalt": "metahdr",
    "xtick.color": SOFT,
    "ytick.color": SOFT,
}
styled = matplotlib.rc_context(STYLE)  # decorates functions that plot
WIDTH = 13.5  # of a plot in inches
SIDE, GAP = 140, 6  # of a picture on a sheet, in the sheet's units
QUALITY = 90
SHEET_PIXELS = 160  # longest side of a picture on a sheet; a page holds 200 of them


@dataclass(frozen=True)
class Figure:
    """A figure of the report.

    Attributes:
        name: of its files.
        title: one line.
        caption: what it shows and how it was chosen.
        svg: its text; a sheet of pictures has one for each tone mapping operator, by its name.
        numbers: what it was drawn from.
    """

    name: str
    title: str
    caption: str
    svg: dict[str, str]
    numbers: pd.DataFrame

    def write(self, folder: Path) -> None:
        """NAME.csv and NAME.svg; further operators as NAME_OPERATOR.svg."""
        write_table(folder / f"{self.name}.csv", self.numbers, "%.6g")
        for operator, text in self.svg.items():
            suffix = "" if operator in ("", "gamma") else f"_{operator}"
            write_text(folder / f"{self.name}{suffix}.svg", text)

    def sources(self) -> dict[str, str]:
        """The pictures as data URIs, by operator."""
        return {operator: data_uri(text.encode(), "image/svg+xml") for operator, text in self.svg.items()}


def plot(rows: int = 1, columns: int = 1, height: float = 3.2, **options):
    """A matplotlib figure as wide as the page, and its axes; `styled` functions call it."""
    return plt.subplots(rows, columns, figsize=(WIDTH, height), layout="constrained", **options)


def svg(figure) -> dict[str, str]:
    """A plot as text, as `Figure.svg` takes it; the plot is closed."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    plt.close(figure)
    return {"": buffer.getvalue()}


def sheets(columns: Sequence[str], rows: Sequence[tuple[str, Sequence[np.ndarray | None]]]) -> dict[str, str]:
    """A sheet of pictures for each tone mapping operator, as `Figure.svg` takes them."""
    return {name: sheet(columns, rows, operator) for name, operator in OPERATORS.items()}


def sheet(
    columns: Sequence[str],
    rows: Sequence[tuple[str, Sequence[np.ndarray | None]]],
    operator: Callable[[np.ndarray], np.ndarray] = gamma,
) -> str:
    """Rows of pictures under headings, as SVG.

    Args:
        columns: headings; a second line after a line break.
        rows: a title below it, or none, and the row's pictures: `(H, W, 3)`, linear light as floats, or 8 bits
            that are shown as they are; None leaves a place empty.
        operator: from linear light to 8 bits.
    """
    step, head = SIDE + GAP, 15 * max(column.count("\n") + 1 for column in columns) + 3
    heights = [SIDE + (19 if title else GAP) for title, _ in rows]
    width, height = len(columns) * step - GAP, head + sum(heights)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="system-ui, sans-serif" font-size="10" fill="{INK}">'
    ]
    for index, column in enumerate(columns):
        for line, text in enumerate(column.split("\n")):
            at = f'x="{index * step + SIDE / 2}" y="{11 + 15 * line}" text-anchor="middle"'
            parts.append(f'<text {at} fill="{SOFT if line else INK}">{escape(text)}</text>')
    for number, (title, pictures) in enumerate(rows):
        top = head + sum(heights[:number])
        for index, picture in enumerate(pictures):
            if picture is not None:
                parts.append(_image(picture, operator, index * step, top))
        parts.append(f'<text x="0" y="{top + SIDE + 12}" fill="{SOFT}">{escape(title)}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _image(picture: np.ndarray, operator, left: float, top: float) -> str:
    small = shrink(picture, SHEET_PIXELS)
    shown = small if small.dtype == np.uint8 else operator(small)
    return (
        f'<image x="{left}" y="{top}" width="{SIDE}" height="{SIDE}" preserveAspectRatio="xMidYMid slice" '
        f'href="{jpeg(shown, QUALITY)}"/>'
    )


def shrink(image: np.ndarray, side: int) -> np.ndarray:
    """An image whose longest side is at most `side` pixels, `(H, W, 3)`."""
    share = side / max(image.shape[:2])
    return image if share >= 1 else cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)


def jpeg(image: np.ndarray, quality: int) -> str:
    """8 bits, `(H, W, 3)`, as JPEG with full resolution of colour, and this as `data_uri`."""
    return data_uri(iio.imwrite("<bytes>", image, extension=".jpg", quality=quality, subsampling=0), "image/jpeg")


def data_uri(data: bytes, kind: str) -> str:
    """A file's content as an address that stands inside the page."""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
