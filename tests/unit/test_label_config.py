import pytest

from metahdr.config.check import load
from metahdr.errors import UserError


@pytest.mark.parametrize(
    ("values", "mistake"),
    [
        ({"label": {"method": "hdrcn"}}, "label.method: found 'hdrcn'.*did you mean hdrcnn?"),
        ({"label": {"method": "debevec"}}, "label.method: found 'debevec'.*takes a stack of exposures"),
        ({"label": {"method": "response"}}, "label.method: found 'response'.*is an oracle"),
        ({"label": {"method": "metahdr"}}, "label.method: found 'metahdr'.*needs labels itself"),
        ({"label": {"weights": "trian"}}, "label.weights: found 'trian'.*weights of hdrcnn; did you mean train?"),
        ({"label": {"method": "gamma_2", "weights": "train"}}, "label.weights: found 'train'.*needs no weights"),
        (
            {"meta": {"label_sources": ["simulatd"]}},
            "meta.label_sources.0: found 'simulatd'.*did you mean simulated?",
        ),
        ({"meta": {"label_sources": ["metahdr"]}}, "meta.label_sources.0: found 'metahdr'.*needs labels itself"),
        ({"meta": {"label_sources": ["polynomial"]}}, "meta.label_sources.0: found 'polynomial'.*is an oracle"),
        (
            {"meta": {"label_sources": ["debevec_all"]}},
            "meta.label_sources.0: found 'debevec_all'.*the exposure that is held out",
        ),
        ({"meta": {"label_sources": ["label"]}}, "meta.label_sources.0: found 'label'.*needs labels itself"),
        (
            {"meta": {"label_sources": ["expandnett"]}},
            "meta.label_sources.0: found 'expandnett'.*did you mean expandnet?",
        ),
    ],
)
def test_a_wrong_name_is_refused_with_its_key_and_the_nearest_name(values, mistake):
    with pytest.raises(UserError, match=mistake):
        load(values)


@pytest.mark.parametrize("source", ["true", "simulated", "gamma_2", "expandnet", "debevec"])
def test_every_method_that_needs_no_labels_is_a_label_source(source):
    assert load({"meta": {"label_sources": [source]}}).meta.label_sources == [source]


@pytest.mark.parametrize("weights", [None, "shipped", "train", "official", "official_compr"])
def test_each_weight_file_of_hdrcnn_can_be_named(weights):
    assert load({"label": {"weights": weights}}).label.weights == weights
