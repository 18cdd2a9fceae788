import subprocess
import sys
from pathlib import Path
from typing import Annotated

import pytest

import metahdr
from metahdr.config.base import Section
from metahdr.config.check import load
from metahdr.config.meta import Meta
from metahdr.config.model import Config
from metahdr.registry import LossName, MethodName, MetricName
from metahdr.workflow.modules import modules_of, named_modules, parameter_kinds

SCRIPT = """
import nothing_of_that_name

from metahdr.config.label import LabelSource
from metahdr.config.meta import Meta
from metahdr.registry import MethodName, MetricName


def main(
    method: MethodName,
    names: list[MetricName],
    sources: list[LabelSource],
    title: str,
    settings: Meta | None = None,
) -> None:
    pass
"""


@pytest.fixture
def script(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    return tmp_path / "script.py"


def test_a_name_gives_the_module_of_its_entry_and_other_text_gives_none():
    assert named_modules(MethodName, "lut") == {"metahdr.methods.lut"}
    assert named_modules(list[MetricName], ["psnr", "cvvdp"]) == {
        "metahdr.metrics.fidelity",
        "metahdr.metrics.cvvdp",
    }
    assert named_modules(LossName | None, None) == set()
    assert named_modules(str, "lut") == set()


def test_a_section_is_walked_by_the_types_of_its_fields():
    meta = Meta(network="unet_code", loss="ir", label_sources=["true", "debevec"], variants={})
    assert named_modules(None, meta) == {
        "metahdr.nets.unet_code",
        "metahdr.losses.hdrcnn",
        "metahdr.methods.debevec",
    }


def test_sections_inside_others_and_the_keys_that_a_variant_changes_count():
    config = load(
        {"meta": {"variants": {"deep": {"meta": {"network": "resnet18"}}}}, "label": {"method": "gamma_2"}}
    )
    found = named_modules(Config, config)
    assert {"metahdr.nets.unet", "metahdr.nets.resnet_unet", "metahdr.methods.gamma"} <= found


def test_names_in_the_values_and_keys_of_a_mapping_count():
    class Weighted(Section):
        terms: dict[LossName, Annotated[float, "weight"]] = {}

    assert named_modules(Weighted, Weighted(terms={"ir": 1.0})) == {"metahdr.losses.hdrcnn"}


def test_a_script_tells_its_parameters_types_without_being_imported(script):
    assert parameter_kinds(script).keys() == {"method", "names", "sources", "settings"}
    values = {"method": "gamma_2", "names": ["flip"], "sources": ["true", "expandnet"], "title": "lut"}
    expected = {"metahdr.methods.gamma", "metahdr.metrics.flip", "metahdr.methods.expandnet"}
    assert modules_of(script, values) == expected
    assert modules_of(script, values | {"settings": Meta()}) == expected | {
        "metahdr.nets.unet",
        "metahdr.losses.fidelity",
    }


def test_the_whole_configuration_is_walked_without_importing_torch():
    code = (
        "import sys; from metahdr.config.check import load; from metahdr.workflow.modules import named_modules\n"
        "assert 'metahdr.nets.unet' in named_modules(None, load({}))\n"
        "assert 'torch' not in sys.modules"
    )
    source = Path(metahdr.__file__).parents[1]
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(source)})
