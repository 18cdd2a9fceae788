// The scene browser: its tone mapping, and its controls.

// ---- tone mapping: of linear light (r, g, b, r, g, b, ...), as tonemap.py has it ----

const LUMINANCE = [0.2126, 0.7152, 0.0722];

const OPERATORS = {
  gamma: () => () => 1,

  reinhard: (light) => (i) => {
    const luminance = LUMINANCE[0] * light[i] + LUMINANCE[1] * light[i + 1] + LUMINANCE[2] * light[i + 2];
    return 1 / (1 + luminance);
  },

  local: (light, width, height) => {
    const [radius, sigma, sigmaIntensity, decades] = [5, 3, 0.4, 1.6];
    const log = new Float32Array(width * height);
    for (let p = 0; p < log.length; p++) {
      log[p] = Math.log10(Math.max((light[3 * p] + light[3 * p + 1] + light[3 * p + 2]) / 3, 1e-6));
    }
    const clamp = (value, size) => Math.min(Math.max(value, 0), size - 1);
    const base = log.map((here, p) => {
      const [x, y] = [p % width, Math.floor(p / width)];
      let [total, weights] = [0, 0];
      for (let v = -radius; v <= radius; v++) {
        for (let u = -radius; u <= radius; u++) {
          if (u * u + v * v > radius * radius) continue;
          const other = log[clamp(y + v, height) * width + clamp(x + u, width)];
          const difference = (other - here) / sigmaIntensity;
          const weight = Math.exp(-((u * u + v * v) / sigma ** 2 + difference * difference) / 2);
          total += weight * other;
          weights += weight;
        }
      }
      return total / weights;
    });
    const most = base.reduce((a, b) => Math.max(a, b));
    const least = base.reduce((a, b) => Math.min(a, b));
    const factor = Math.min(decades / Math.max(most - least, 1e-6), 1);
    return (i) => 10 ** ((base[i / 3] - most) * factor - base[i / 3]);
  },
};

function toneMap(light, width, height, operator) {
  const scale = OPERATORS[operator](light, width, height);
  return toImage(light, width, height, (x, i) => encode(x * scale(i)));
}

// ---- the scene browser ----

const DATA = JSON.parse(byId("browser-data").textContent);
const canvas = byId("canvas");
const state = { scene: DATA.scenes[0], exposure: null };
const decoded = new Map();
let turn = 0;

function pixelsOf(address) {
  if (!decoded.has(address)) {
    if (decoded.size > 60) decoded.clear();
    decoded.set(address, pixels(element("img", { src: address })));
  }
  return decoded.get(address);
}

// A picture's light as the held-out exposure gathered it, so that 1 is where that exposure clips; black: no picture.
async function lightOf(choice) {
  const { scene, exposure } = state;
  const address = { input: exposure.input, truth: scene.truth }[choice] || exposure.pictures[choice];
  const { codes, ...size } = await pixelsOf(address || scene.truth);
  const known = lightOfCodes(DATA.steep, scene.top).map((light) => light * 2 ** exposure.stops);
  const table = choice === "input" ? known.map((_, code) => (code / 255) ** 2.2) : known;
  return { light: Float32Array.from(codes, (code) => (address ? table[code] : 0)), ...size };
}

async function render() {
  const mine = ++turn;
  const sides = await Promise.all(["left", "right"].map((id) => lightOf(byId(id).value)));
  if (mine !== turn) return; // something newer is being drawn
  const { width, height } = sides[0];
  [canvas.width, canvas.height] = [width, height];
  const gain = 2 ** Number(byId("stops").value);
  state.images = sides.map(({ light }) =>
    toneMap(light.map((x) => x * gain), width, height, document.body.dataset.operator));
  wipe();
}

function wipe() {
  const share = Number(byId("wipe").value) / 100;
  byId("divider").style.left = `${100 * share}%`;
  if (!state.images) return;
  const context = canvas.getContext("2d");
  const at = Math.round(share * canvas.width);
  context.putImageData(state.images[0], 0, 0);
  if (at < canvas.width) context.putImageData(state.images[1], 0, 0, at, 0, canvas.width - at, canvas.height);
}

function describe() {
  for (const id of ["left", "right"]) {
    const select = byId(id);
    const value = state.exposure.values[select.value];
    const missing = value !== undefined && !state.exposure.pictures[select.value] ? " (no picture)" : "";
    const title = select.selectedOptions[0].textContent;
    byId(`${id}-value`).textContent = value === undefined ? title : `${title}: ${value}${missing}`;
  }
}

function show() {
  for (const button of byId("scene-list").querySelectorAll("button")) {
    button.setAttribute("aria-current", button.dataset.name === state.scene.name);
  }
  for (const button of byId("exposures").children) {
    button.setAttribute("aria-pressed", button.dataset.ev === state.exposure.ev);
  }
  describe();
  return render();
}

function chooseScene(scene) {
  const ev = state.exposure ? state.exposure.ev : scene.exposures[scene.exposures.length - 1].ev;
  state.scene = scene;
  state.exposure = scene.exposures.find((exposure) => exposure.ev === ev) || scene.exposures[0];
  byId("exposures").replaceChildren(
    ...scene.exposures.map((exposure) => {
      const button = element("button", { type: "button", textContent: `EV ${exposure.ev}` });
      button.dataset.ev = exposure.ev;
      button.addEventListener("click", () => { state.exposure = exposure; show(); });
      return button;
    }));
  return show();
}

function start() {
  for (const id of ["left", "right"]) {
    const options = [
      element("option", { value: "input", textContent: "Input" }),
      ...DATA.cells.map((cell, index) =>
        element("option", { value: index, textContent: cell.title + (cell.detail ? ` ${cell.detail}` : "") })),
      element("option", { value: "truth", textContent: "Truth" }),
    ];
    byId(id).replaceChildren(...options);
    byId(id).addEventListener("change", show);
  }
  byId("left").value = DATA.main;
  byId("right").value = "truth";
  byId("scene-list").replaceChildren(
    ...DATA.scenes.map((scene) => {
      const gain = element("span", { textContent: scene.gain });
      const button = element("button", { type: "button" }, element("span", { textContent: scene.name }), gain);
      button.dataset.name = scene.name;
      button.addEventListener("click", () => chooseScene(scene));
      return element("li", {}, button);
    }));
  byId("wipe").addEventListener("input", wipe);
  byId("stops").addEventListener("input", () => {
    const stops = Number(byId("stops").value);
    byId("stops-value").textContent = `${stops < 0 ? "−" : "+"}${Math.abs(stops)} stops`;
    render();
  });
  byId("operator").addEventListener("change", (event) => {
    document.body.dataset.operator = event.target.value;
    render();
  });
  const drag = (event) => {
    if (event.type === "pointermove" && !event.buttons) return;
    const box = canvas.getBoundingClientRect();
    byId("wipe").value = (100 * (event.clientX - box.left)) / box.width;
    wipe();
  };
  canvas.parentElement.addEventListener("pointerdown", drag);
  canvas.parentElement.addEventListener("pointermove", drag);
  return chooseScene(state.scene);
}

if (DATA.scenes.length) start();
