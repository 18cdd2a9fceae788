"""What has a name: methods, metrics, losses, networks, layouts of datasets and repairs of their exposures.

Entries are ours or those of other packages.

Ours stand in `registry.yaml`, one line each. Another package adds its own as entry points of the group
`metahdr.methods`, `metahdr.metrics`, ... . Names are known without importing anything; an entry is imported when
it is asked for. The table is data and not code, so that a new line in it reruns no stage.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator

from metahdr.errors import UserError, nearest

_TABLE = Path(__file__).with_name("registry.yaml")


class Registry(Mapping[str, Any]):
    """The entries of one kind by name, in the table's order, those of other packages after ours.

    Args:
        kind: `methods`, `metrics`, `losses`, `networks`, `layouts` or `repairs`.
    """

    __eq__, __hash__ = object.__eq__, object.__hash__  # it stands in types, which must have a hash

    def __init__(self, kind: str):
        self.kind = kind

    def __getitem__(self, name: str) -> Any:
        """The entry, imported.

        Raises:
            UserError: no entry has that name, or what it names is not there.
        """
        place = self._place(name)
        module, _, attribute = place.partition(":")
        try:
            return getattr(import_module(module), attribute)
        except (ModuleNotFoundError, AttributeError) as error:
            raise UserError(f"{name}, one of the {self.kind}: {place} cannot be imported: {error}") from None

    def __contains__(self, name: object) -> bool:
        return name in _places(self.kind)

    def __iter__(self) -> Iterator[str]:
        return iter(_places(self.kind))

    def __len__(self) -> int:
        return len(_places(self.kind))

    def module(self, name: str) -> str:
        """The module that an entry stands in; nothing is imported."""
        return self._place(name).partition(":")[0]

    def check(self, name: str) -> str:
        """The name itself, if an entry has it: a validator for the configuration.

        Raises:
            ValueError: no entry has that name.
        """
        if name not in self:
            raise ValueError(f"not one of the {self.kind}; {nearest(name, self)}")
        return name

    def _place(self, name: str) -> str:
        try:
            return _places(self.kind)[self.check(name)]
        except ValueError as error:
            raise UserError(f"{name}: {error}") from None


@cache
def _places(kind: str) -> dict[str, str]:
    places = yaml.safe_load(_TABLE.read_text(encoding="utf-8"))[kind]
    for point in entry_points(group=f"metahdr.{kind}"):
        if places.setdefault(point.name, point.value) != point.value:
            raise UserError(f"{point.name}: two {kind} have that name, {places[point.name]} and {point.value}")
    return places


METHODS = Registry("methods")
METRICS = Registry("metrics")
LOSSES = Registry("losses")
NETWORKS = Registry("networks")
LAYOUTS = Registry("layouts")
REPAIRS = Registry("repairs")

# Types of names, for the configuration and for the parameters of scripts. The registry stands in the type, so that
# it tells which modules a value names (`workflow.modules`).
MethodName = Annotated[str, METHODS, AfterValidator(METHODS.check)]
MetricName = Annotated[str, METRICS, AfterValidator(METRICS.check)]
LossName = Annotated[str, LOSSES, AfterValidator(LOSSES.check)]
NetworkName = Annotated[str, NETWORKS, AfterValidator(NETWORKS.check)]
LayoutName = Annotated[str, LAYOUTS, AfterValidator(LAYOUTS.check)]
RepairName = Annotated[str, REPAIRS, AfterValidator(REPAIRS.check)]
