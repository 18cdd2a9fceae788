"""Section `data`."""

from pydantic import Field

from metahdr.config.base import Name, Section


class Data(Section):
    """Which dataset, and where its files come from."""

    dataset: Name = "polyhaven-mini"
    """name of the dataset in the register"""

    register_file: str = Field("config/datasets.yaml", alias="register")
    """register of datasets, to which `metahdr register` adds"""

    mirror: str | None = None
    """folder or URL that is tried first for every file; null: the environment variable METAHDR_MIRROR, if set"""

    raw: str = "data/raw"
    """folder of the raw files, one folder in it for each dataset"""
