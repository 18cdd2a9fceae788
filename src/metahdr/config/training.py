"""Section `training`: how the methods are trained that a run trains, a section each, by the method's name.

The method's `settings` say what its section holds, so that a method of another package has one too. Methods are
imported when a configuration is checked, and not before.
"""

from functools import cache
from typing import Annotated, Any

from pydantic import GetPydanticSchema, create_model
from pydantic_core.core_schema import no_info_plain_validator_function

from metahdr.config.base import Section
from metahdr.config.score import METAHDR
from metahdr.registry import METHODS


@cache
def training_section() -> type[Section]:
    """Section `training`, with a key for each registered method that is trained with settings.

    A method with another one's weights has no key, and neither has MetaHDR, whose settings are section `meta`.
    """
    keys = {
        name: (method.settings, method.settings())
        for name, method in METHODS.items()
        if method.settings and "train" in method.weights and not method.weights_of and name != METAHDR
    }
    return create_model("Training", __base__=Section, **keys)


def _check(keys: Any) -> Section:
    return training_section().model_validate(keys)


# The type is asked for when a configuration is checked, or described.
AnyTraining = Annotated[
    Any,
    GetPydanticSchema(
        lambda source, handler: no_info_plain_validator_function(_check),
        lambda known, handler: handler(training_section().__pydantic_core_schema__),
    ),
]
