import logging

from metahdr.training.progress import track


def test_items_pass_through_and_the_end_is_logged_with_what_was_done_before(caplog):
    caplog.set_level(logging.INFO)
    assert list(track("abc", "letters", total=5, done=2)) == ["a", "b", "c"]
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("letters: 5 of 5, ")


def test_long_work_says_now_and_then_how_far_it_is(caplog):
    caplog.set_level(logging.INFO)
    list(track(range(3), "steps", total=3, every=0))
    assert [message.split(",")[0] for message in caplog.messages] == [f"steps: {i} of 3" for i in (1, 2, 3)]


def test_figures_that_the_caller_keeps_up_to_date_are_shown_beside(caplog):
    caplog.set_level(logging.INFO)
    figures = {}
    for loss in track((0.5, 0.25), "train", total=2, every=0, figures=figures):
        figures["loss"] = loss
    assert [message.split(" left")[1] for message in caplog.messages] == [", loss 0.5", ", loss 0.25"]


def test_a_terminal_shows_the_figures_too(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    figures = {}
    for loss in track((0.5, 0.25), "train", total=2, figures=figures):
        figures["loss"] = loss
    assert "loss=0.25" in capsys.readouterr().err
