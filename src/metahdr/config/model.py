"""The whole configuration: its sections, and the keys outside them."""

from typing import Annotated, Any

from pydantic import Field

from metahdr.config.base import Section
from metahdr.config.benchmark import Benchmark
from metahdr.config.data import Data
from metahdr.config.expose import Expose
from metahdr.config.label import Label
from metahdr.config.machine import Machine
from metahdr.config.meta import RECIPE, Meta, Variant
from metahdr.config.motion import Motion
from metahdr.config.prepare import Prepare
from metahdr.config.radiance_study import RadianceStudy
from metahdr.config.score import METAHDR, Score
from metahdr.config.split import Split
from metahdr.config.training import AnyTraining


class Config(Section):
    """metahdr's configuration."""

    seed: Annotated[int, Field(ge=0)] = 0
    """seed of every random choice"""

    results: str = "results"
    """folder of everything that a run makes"""

    machine: Machine = Machine()
    data: Data = Data()
    prepare: Prepare = Prepare()
    split: Split = Split()
    expose: Expose = Expose()
    label: Label = Label()
    training: AnyTraining = Field({}, validate_default=True)
    """how the methods are trained that a run trains, by their names"""

    motion: Motion = Motion()
    meta: Meta = Meta(**RECIPE)
    score: Score = Score()
    radiance_study: RadianceStudy = RadianceStudy()
    benchmark: Benchmark = Benchmark()

    @property
    def compared(self) -> dict[str, Any]:
        """As of every section, without where the data lie."""
        where = {"data": {"mirror", "raw", "register_file"}}
        values = self.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=where)
        return {key: value for key, value in values.items() if value != {}}

    def variants(self) -> dict[str, Variant]:
        """All meta-trainings by name, with seeds and folds: section meta as it is (metahdr) and its variants."""
        return {
            name: variant.model_copy(
                update={"seeds": variant.seeds or self.meta.seeds, "folds": variant.folds or self.split.folds}
            )
            for name, variant in {METAHDR: Variant(), **self.meta.variants}.items()
        }

    def variant(self, name: str) -> Meta:
        """Section meta as one of `variants` has it."""
        return Meta.model_validate(self.meta.model_dump() | self.variants()[name].meta)

    def training_of(self, method: str) -> Section | None:
        """The settings that a method is trained with; None where it has none."""
        return dict(self.training).get(method)
