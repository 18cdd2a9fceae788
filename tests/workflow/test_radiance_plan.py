from runs import planned

JUDGE = ["radiance_study", "--configfile", "config/radiance_study.yaml"]
OURS = ["--config", "radiance_study={ours: hdrcnn}"]


def test_the_judgement_exposes_all_places_with_measured_curves_and_judges_once(checkout):
    jobs = planned(checkout, *JUDGE, *OURS)
    assert jobs["expose"] == jobs["prepare"] == 1
    assert jobs["retrieve_weights"] == 2, "ExpandNet's and EMoR's"
    assert jobs["radiance_scores"] == jobs["radiance_page"] == 1
    assert "label" not in jobs and "meta_train" not in jobs


def test_the_two_parameter_family_needs_no_file(checkout):
    jobs = planned(checkout, *JUDGE, *OURS, "expose={response: sigmoid}")
    assert jobs["retrieve_weights"] == 1, "ExpandNet's"


def test_the_radiance_network_is_trained_once_in_each_of_its_parts(checkout):
    jobs = planned(checkout, "train_response", "--configfile", "config/radiance.yaml")
    assert jobs["train_method"] == jobs["train_response"] == 1
    assert "label" not in jobs and "expose" not in jobs
