import numpy as np
import pandas as pd
import pytest

from metahdr.evaluation.paper import paper_table

TABLE_1 = [(method, "none", "single") for method in ("ldr", "hdrcnn", "hdrcnn_metered")]
TABLE_1 += [("metahdr", run, mode) for run in ("true", "simulated") for mode in ("single", "adapted_true")]
TABLE_1 += [("metahdr", run, "adapted_simulated") for run in ("true", "simulated")]


def table(cells, folds=(0, 1), seeds=("0", "1")) -> pd.DataFrame:
    """Scores: 20 dB, and 1 dB more for each fold and each place in it; 3 dB for seed 1."""
    return pd.DataFrame(
        {"scene": f"f{fold}p{place}", "source": "s", "place": f"f{fold}p{place}", "fold": fold, "ev": 0.0}
        | {
            "method": method,
            "label_source": run,
            "seed": seed,
            "mode": mode,
            "metric": metric,
            "alignment": "plain",
        }
        | {"region": "all", "failed": None}
        | {"value": (20 + fold + place + 3 * (seed == "1")) * (0.01 if metric == "ssim" else 1)}
        for method, run, mode in cells
        for fold in folds
        for seed in (("none",) if run == "none" else seeds)
        for place in range(3)
        for metric in ("ssim", "psnr")
    )


def test_table_1_is_the_papers():
    """The digits of the paper, Table 1 as it is printed: rows by SSIM and PSNR, Label[3] and Label[4]."""
    found = paper_table(table(TABLE_1), 1, 0.95)
    wide = found.pivot(index="row", columns=["metric", "label_source"], values="paper")
    columns = [("ssim", "true"), ("ssim", "simulated"), ("psnr", "true"), ("psnr", "simulated")]
    assert wide.loc["Single Shot", columns].tolist() == ["0.666", "0.687", "19.577", "19.713"]
    assert wide.loc["Adaptation with True HDR", columns].tolist() == ["0.683", "0.701", "19.967", "20.125"]
    assert wide.loc["Adaptation with Simulated HDR", columns].tolist() == ["0.687", "0.698", "19.753", "19.790"]
    alone = [("ssim", "none"), ("psnr", "none")]
    assert wide.loc["LDR No Recon.", alone].tolist() == ["0.489", "12.200"]
    for given in ("told", "not told"):  # the paper's one number; its HDR-CNN knew no EV
        assert wide.loc[f"HDR-CNN (here {given} the EV)", alone].tolist() == ["0.704", "18.072"]
    assert (found.state == "").all()


def test_table_2_is_the_papers_and_says_what_the_run_does_not_have():
    found = paper_table(table(TABLE_1), 2, 0.95)
    wide = found.pivot(index="row", columns=["metric", "label_source"], values="paper")
    columns = [("ssim", "true"), ("ssim", "simulated"), ("psnr", "true"), ("psnr", "simulated")]
    assert wide.loc["ExpandNet Loss", columns].tolist() == ["0.687", "0.698", "19.753", "19.790"]
    assert wide.loc["LPIPS", columns].tolist() == ["0.362", "0.262", "8.006", "9.226"]
    assert wide.loc["LPIPS + l1", columns].tolist() == ["0.491", "0.200", "16.122", "8.869"]
    missing = found.state == "not part of this run"
    assert set(found.method[missing]) == {"lpips", "lpips_l1"}
    assert found["mean"][missing].isna().all() and found["mean"][~missing].notna().all()


def test_all_cells_of_a_table_are_means_over_the_same_images_and_seeds():
    variants = table(
        [("lpips", run, "adapted_simulated") for run in ("true", "simulated")], folds=(0,), seeds=("0",)
    )
    scores = pd.concat([table(TABLE_1), variants])
    second = paper_table(scores, 2, 0.95)
    psnr = second[(second.metric == "psnr") & (second.state == "")]
    np.testing.assert_allclose(psnr["mean"], 21)  # fold 0, seed 0, places 20, 21, 22
    assert (psnr.images == 3).all() and (psnr.places == 3).all() and (psnr.seeds == 1).all()
    first = paper_table(scores, 1, 0.95)
    means = first[first.metric == "psnr"].set_index(["method", "label_source", "mode"])["mean"]
    assert means["ldr", "none", "single"] == pytest.approx(21.5)
    assert means["metahdr", "true", "single"] == pytest.approx(23)


def test_a_run_without_any_of_it_has_the_papers_values_alone():
    found = paper_table(table([("debevec", "none", "stack")]), 1, 0.95)
    assert len(found) == 18 and (found.state == "not part of this run").all()
