"""The page in a real browser: Chromium without a screen, driven by WebDriver (W3C), which is JSON over HTTP."""

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

import numpy as np
import pytest

from metahdr.images import tonemap
from metahdr.report.results import Results

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER),
    reason="chromium and chromedriver are not installed (Debian: chromium chromium-driver)",
)
OPTIONS = ["headless", "no-sandbox", "disable-gpu", "hide-scrollbars", "no-first-run"]
OPTIONS += ["disable-background-networking", "disable-component-update", "disable-sync", "disable-quic"]
SEEN = f"return [...document.getElementById('canvas').getContext('2d').getImageData(0, 0, {32}, {32}).data]"


class Browser:
    """A session of WebDriver."""

    def __init__(self, address: str):
        self.address = f"{address}/session"
        arguments = [f"--{option}" for option in OPTIONS]
        chrome = {"binary": CHROMIUM, "args": arguments}
        wanted = {"browserName": "chrome", "goog:chromeOptions": chrome, "goog:loggingPrefs": {"browser": "ALL"}}
        answer = self.send("", {"capabilities": {"alwaysMatch": wanted}})
        self.address += f"/{answer['sessionId']}"

    def send(self, path: str, content: dict | None = None, method: str | None = None):
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(
            self.address + path, body, {"Content-Type": "application/json"}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()[:1000]) from None

    def run(self, script: str, *arguments):
        """What a script returns; the script may be a promise."""
        return self.send("/execute/sync", {"script": script, "args": arguments})

    def devtools(self, command: str, parameters: dict):
        return self.send("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def set(self, element: str, value, event: str = "input") -> None:
        """Gives a control a value, as a user does, and waits until the picture is drawn."""
        self.run(
            "const e = document.getElementById(arguments[0]); e.value = arguments[1];"
            "e.dispatchEvent(new Event(arguments[2], {bubbles: true})); return render()",
            element,
            value,
            event,
        )

    def canvas(self) -> np.ndarray:
        return np.array(self.run(SEEN), np.uint8).reshape(32, 32, 4)[..., :3].astype(float)


@pytest.fixture(scope="module")
def driver():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([DRIVER, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(100):
            try:
                urllib.request.urlopen(f"{address}/status", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def loaded(driver, page, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(page, encoding="utf-8")
    browser = Browser(driver)
    browser.send("/url", {"url": path.as_uri()})
    yield browser
    browser.send("", method="DELETE")


@pytest.fixture
def browser(loaded):
    """The page as it is at first."""
    loaded.send("/refresh", {})
    loaded.run("return render()")
    return loaded


def test_the_console_has_no_message(browser):
    assert browser.send("/se/log", {"type": "browser"}) == []


def test_every_image_loads(browser):
    sizes = browser.run("return [...document.images].map((image) => [image.complete, image.naturalWidth])")
    assert len(sizes) == 5 * 3 + 5
    assert all(complete and width > 0 for complete, width in sizes)


def test_the_slider_wipes_from_one_picture_to_the_other(browser):
    browser.set("left", "input", "change")
    browser.set("right", "truth", "change")
    shown = {}
    for share in (0, 50, 100):
        browser.set("wipe", share)
        shown[share] = browser.canvas()
        assert browser.run("return document.getElementById('divider').style.left") == f"{share}%"
    assert np.abs(shown[0] - shown[100]).mean() > 3
    np.testing.assert_array_equal(shown[50][:, :16], shown[100][:, :16])
    np.testing.assert_array_equal(shown[50][:, 16:], shown[0][:, 16:])


def test_a_drag_on_the_picture_wipes_too(browser):
    browser.run("document.documentElement.style.scrollBehavior = 'auto'; canvas.scrollIntoView({block: 'start'})")
    box = browser.run("const b = canvas.getBoundingClientRect(); return [b.left, b.top, b.width]")
    steps = [
        {"type": "pointerMove", "x": int(box[0] + box[2] / 2), "y": int(box[1] + 150), "origin": "viewport"},
        {"type": "pointerDown", "button": 0},
        {"type": "pointerMove", "x": int(box[0] + box[2] / 5), "y": int(box[1] + 160), "origin": "viewport"},
        {"type": "pointerUp", "button": 0},
    ]
    browser.send("/actions", {"actions": [{"type": "pointer", "id": "mouse", "actions": steps}]})
    assert float(browser.run("return document.getElementById('wipe').value")) == pytest.approx(20, abs=1)


def test_the_exposure_changes_the_pixels_as_light_does(browser):
    browser.set("right", "truth", "change")
    browser.set("wipe", 0)
    shown = {}
    for stops in (-6, -3):
        browser.set("stops", stops)
        shown[stops] = browser.canvas()
    middle = (shown[-6] > 30) & (shown[-3] < 250)
    assert middle.sum() > 100
    ratio = (shown[-3][middle] / shown[-6][middle]) ** 2.2
    assert np.median(ratio) == pytest.approx(8, rel=0.05)


def test_a_picture_shows_the_radiance_of_its_file(browser, data):
    results = Results(data, 0.95)
    scene = results.scene(next(iter(results.scenes)))
    light = results.prediction(results.main, scene, scene.evs[-1]) * 2.0 ** scene.stops[-1]
    browser.set("wipe", 100)  # the left one, which is the main cell's
    for stops in (0, -4):
        browser.set("stops", stops)
        difference = browser.canvas() - tonemap.gamma(light * 2.0**stops)
        assert np.abs(difference).mean() < 3 and np.quantile(np.abs(difference), 0.99) < 16


@pytest.mark.parametrize("name", tonemap.OPERATORS)
def test_the_operators_are_those_of_python(browser, name):
    light = np.random.default_rng(0).uniform(0.01, 8, (12, 15, 3)).astype(np.float32)
    light[:, 8:] /= 500
    script = "return [...toneMap(Float32Array.from(arguments[0]), 15, 12, arguments[1]).data]"
    shown = np.array(browser.run(script, light.ravel().tolist(), name)).reshape(12, 15, 4)[..., :3]
    expected = tonemap.OPERATORS[name](light)
    assert np.abs(shown - expected.astype(float)).max() <= 1


def test_one_choice_of_operator_is_for_all_pictures(browser):
    before = browser.canvas()
    browser.set("operator", "reinhard", "change")
    assert np.abs(browser.canvas() - before).mean() > 3
    visible = "return [...document.images].filter((i) => i.offsetWidth && i.className).map((i) => i.className)"
    assert browser.run(visible) == ["reinhard"] * 5


def test_another_scene_and_exposure_are_shown(browser):
    before = browser.canvas()
    browser.run("document.querySelectorAll('#scene-list button')[1].click(); return render()")
    assert np.abs(browser.canvas() - before).mean() > 3
    pressed = "return [...document.querySelectorAll('#exposures [aria-pressed=true]')].map((b) => b.textContent)"
    browser.run("document.querySelector('#exposures button').click(); return render()")
    assert browser.run(pressed) == ["EV -2"]


COLUMN = """
const table = document.querySelector('#table table');
return [...table.tBodies].map((body) => [...body.querySelectorAll('td:nth-child(3)')].map((c) => +c.dataset.value))
"""


def test_a_click_sorts_each_group_and_another_one_turns_it_around(browser):
    click = "document.querySelector('#table thead th:nth-child(3) button').click()"
    before = browser.run(COLUMN)
    browser.run(click)
    assert browser.run(COLUMN) == [sorted(group, reverse=True) for group in before]
    browser.run(click)
    assert browser.run(COLUMN) == [sorted(group) for group in before] != before


def test_the_keyboard_sorts_too(browser):
    browser.run("document.querySelector('#table thead th:nth-child(3) button').focus()")
    keys = [{"type": "keyDown", "value": "\ue007"}, {"type": "keyUp", "value": "\ue007"}]  # enter
    browser.send("/actions", {"actions": [{"type": "key", "id": "keys", "actions": keys * 2}]})
    shown = browser.run(COLUMN)
    assert shown == [sorted(group) for group in shown]


@pytest.mark.parametrize("width", [390, 1400])
def test_the_page_is_as_wide_as_the_screen(browser, width):
    screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 800}
    browser.devtools("Emulation.setDeviceMetricsOverride", screen)
    assert browser.run("return document.documentElement.scrollWidth") == width
    browser.devtools("Emulation.clearDeviceMetricsOverride", {})


def test_everything_folded_away_is_printed(browser):
    count = "return document.querySelectorAll('details:not([open])').length"
    assert browser.run(count) > 3
    browser.run("dispatchEvent(new Event('beforeprint'))")
    assert browser.run(count) == 0
    browser.run("dispatchEvent(new Event('afterprint'))")
    assert browser.run(count) > 3
