import numpy as np
import pytest

from metahdr.camera.emor import SAMPLES, Emor, read_emor
from metahdr.errors import UserError

X = np.linspace(0, 1, SAMPLES)


@pytest.fixture
def model():
    """Sines in the place of the measured components: orthonormal, and 0 at both ends."""
    waves = np.array([np.sin(k * np.pi * X) for k in range(1, 7)])
    return Emor(X ** (1 / 2.2), waves / np.linalg.norm(waves, axis=1)[:, None])


def test_every_drawn_curve_rises_from_0_to_1_and_is_undone_by_its_inverse(model):
    rng = np.random.default_rng(0)
    for _ in range(20):
        curve = model.draw(rng)
        assert curve.exposures[0] == 0 and curve.exposures[-1] == 1
        assert (np.diff(curve.exposures) > 0).all()
        values = np.linspace(0, 1, 100)
        np.testing.assert_allclose(curve(curve.inverse(values)), values, atol=1e-12)


def test_coefficients_have_the_documented_spread(model):
    """Weak components leave every curve rising, so that none is drawn again and all can be measured."""
    weak = Emor(X, 0.01 * model.components)
    rng = np.random.default_rng(1)
    curves = np.array([weak.draw(rng)(X) for _ in range(1500)])
    variances = (100 * (curves - X) @ model.components[:5].T).var(0)
    assert np.sqrt(variances[0]) == pytest.approx(2, rel=0.06)
    assert variances[:3].sum() / variances.sum() == pytest.approx(0.996, abs=0.001)


def test_the_file_of_the_authors_layout_is_read(tmp_path, model):
    def block(name, values):
        rows = values.reshape(-1, 4)
        return f"{name}\n" + "\n".join("   ".join(f"{v:.6e}" for v in row) for row in rows) + "\n"

    text = block("E = ", X) + block("f0 = ", model.mean)
    text += "".join(block(f"h({number})=", wave) for number, wave in enumerate(model.components, 1))
    path = tmp_path / "emor.txt"
    path.write_text(text, encoding="utf-8")
    read = read_emor(path)
    np.testing.assert_allclose(read.mean, model.mean, atol=1e-6)
    np.testing.assert_allclose(read.components, model.components[:5], atol=1e-6)


@pytest.mark.parametrize("text", ["", "E = \n1 2 3\n", "not numbers = at all\n"])
def test_another_file_is_refused_in_one_line(tmp_path, text):
    path = tmp_path / "emor.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"emor\.txt.*expected"):
        read_emor(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match="nowhere.txt"):
        read_emor(tmp_path / "nowhere.txt")
