"""Section `data`."""

from pydantic import Field

from metahdr.config.base import Name, Section


class Data(Section):
    """Which dataset, and where its files come from."""

    dataset: Name = Field("polyhaven-mini", description="a name in the register")
    register_file: str = Field("config/datasets.yaml", alias="register", description="the register of datasets")
    mirror: str | None = Field(
        None,
        description="a folder or URL that is tried first for every file (also: METAHDR_MIRROR)",
    )
    raw: str = Field("data/raw", description="the folder of the raw datasets")
