"""What is said of each method of the benchmark."""

import pytest

from metahdr.methods.autoencoder.settings import AutoencoderTraining
from metahdr.methods.merging.ahdrnet import AHDRNetTraining
from metahdr.methods.merging.wu import WuTraining
from metahdr.registry import METHODS
from metahdr.studies.benchmark.cards import Training, card_tables, training
from metahdr.weights.ours import save_network


def cells(table):
    """Title and texts of each row."""
    return [(row.title, [entry.mean for entry in row.entries]) for _, rows in table.groups for row in rows]


COSTS = "width,height,seconds,gigabytes\n512,512,0.123,0.87\n4000,3000,12.3,\n"


@pytest.fixture
def saved(tmp_path):
    """A network of AHDRNet's form, its training's file, and the costs of two methods."""
    path, settings = tmp_path / "ahdrnet.safetensors", AHDRNetTraining(features=2, growth=1, steps=7)
    network = METHODS["ahdrnet"].build(settings)
    save_network(path, network, {"settings": settings.model_dump(), "trained_on": {"oak": "12ab"}})
    (tmp_path / "ahdrnet.tsv").write_text("s\tmax_rss\n90.0\t100\n", encoding="utf-8")
    for name in ("ahdrnet", "autoencoder", "gamma_2"):
        (tmp_path / f"{name}.csv").write_text(COSTS.replace("12.3,", "12.3,4.56"), encoding="utf-8")
    return path, sum(parameter.numel() for parameter in network.parameters())


def test_a_training_is_told_by_its_weight_file_and_its_benchmark_file(saved, tmp_path):
    path, count = saved
    assert training("ahdrnet", path, tmp_path / "ahdrnet.tsv") == Training(count, 7, 1, 1.5, [])
    assert training("ahdrnet", path, tmp_path / "nowhere.tsv").minutes is None


def test_statistics_of_batch_normalisation_are_no_parameters(tmp_path):
    path, settings = tmp_path / "wu_unet.safetensors", WuTraining()
    save_network(path, METHODS["wu_unet"].build(settings), {"settings": settings.model_dump(), "trained_on": {}})
    assert training("wu_unet", path, tmp_path / "none.tsv").parameters == 12_531_587


def test_what_a_network_was_trained_without_is_said(tmp_path):
    path, settings = tmp_path / "autoencoder.safetensors", AutoencoderTraining(filters=1, vgg16="vgg16.ckpt")
    facts = {"settings": settings.model_dump(), "trained_on": {}}
    save_network(path, METHODS["autoencoder"].build(settings), facts)
    assert training("autoencoder", path, tmp_path / "none.tsv").lacks == ["a random encoder"]


def test_methods_that_are_not_trained_have_costs_and_published_scores_stand_apart(saved, tmp_path):
    path, count = saved
    names = ["gamma_2", "ahdrnet", "autoencoder"]
    takes, trained = card_tables(names, {"ahdrnet": path}, tmp_path, tmp_path)
    assert [head for head, _ in takes.columns] == [
        *("parameters", "512x512, s", "512x512, GB", "4000x3000, s", "4000x3000, GB", "published", "licence")
    ]
    assert cells(takes)[0][1][:5] == ["", "0.12", "0.9", "12", "4.6"]
    assert cells(takes)[1][1] == [f"{count:,}", "0.12", "0.9", "12", "4.6", "Yan et al. 2019", "none stated"]
    assert [title for title, _ in cells(trained)] == ["AHDRNet", "MobileNetV3 autoencoder"]
    assert cells(trained)[0][1] == ["7", "1", "2", "", ""]
    assert "14.06 dB" in cells(trained)[1][1][-1]


def test_a_part_of_a_method_has_its_licence_and_not_its_scores(saved, tmp_path):
    (tmp_path / "single_hdr_linear.csv").write_text(COSTS.replace("12.3,", "12.3,4.56"), encoding="utf-8")
    takes, trained = card_tables(["single_hdr_linear"], {}, tmp_path, tmp_path)
    assert cells(takes)[0][1][-1] == "none stated"
    assert cells(trained) == [], "neither trained in this run nor with scores of its own"


def test_an_image_that_did_not_fit_into_memory_is_told(tmp_path):
    (tmp_path / "gamma_2.csv").write_text("width,height,seconds,gigabytes\n4000,3000,,\n", encoding="utf-8")
    (takes, _) = card_tables(["gamma_2"], {}, tmp_path, tmp_path)
    assert cells(takes)[0][1][:3] == ["", "too much memory", ""]


def test_seconds_have_two_digits_and_no_exponent(tmp_path):
    (tmp_path / "gamma_2.csv").write_text(
        COSTS.replace("0.123,0.87", "0.0004891,0.3").replace("12.3,", "168.2,5.0"), encoding="utf-8"
    )
    (takes, _) = card_tables(["gamma_2"], {}, tmp_path, tmp_path)
    assert cells(takes)[0][1][1:5] == ["0.00049", "0.3", "170", "5.0"]
