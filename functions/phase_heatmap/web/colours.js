// Angles and coherence to colours. Pure.
//
// The hues lie on a tilted ellipse in the colour space OKLab (B. Ottosson, 2020): light at 0, dark at half a turn,
// orange a quarter of a turn after 0 and blue a quarter before. Lightness and the axis from blue to orange are what
// people with any kind of colour blindness see, so opposite angles differ for them too. Steps are even: the way round is
// measured with chroma counted double, as differences of colour are judged.

export const ANGLES = 256;
export const FADES = 16;

// Lightness and its swing; the axis of hues with its chroma; how light and dark lean; the middle. Found by a search for
// the greatest least distance between angles a sixth of a turn apart, under each kind of colour blindness.
const LIGHTNESS = 0.62;
const SWING = 0.27;
const CHROMA = 0.135;
const AXIS = (60 / 180) * Math.PI;
const LEAN = 0.06;
const LEAN_AXIS = (110 / 180) * Math.PI;
const MIDDLE = [0.02, -0.01];
const FINE = 4096;

/** @typedef {[number, number, number]} Triple */

/** @param {number} t angle in radians on the ellipse @returns {Triple} OKLab */
function onEllipse(t) {
  const [c, s] = [Math.cos(t), Math.sin(t)];
  return [
    LIGHTNESS + SWING * c,
    MIDDLE[0] + c * LEAN * Math.cos(LEAN_AXIS) + s * CHROMA * Math.cos(AXIS),
    MIDDLE[1] + c * LEAN * Math.sin(LEAN_AXIS) + s * CHROMA * Math.sin(AXIS),
  ];
}

/** @param {Triple} p @param {Triple} q */
function distance(p, q) {
  return Math.hypot(p[0] - q[0], 2 * (p[1] - q[1]), 2 * (p[2] - q[2]));
}

/** The colours of all angles in OKLab, in even steps. @returns {Triple[]} */
export function circle() {
  const points = Array.from({ length: FINE + 1 }, (_, i) => onEllipse((2 * Math.PI * i) / FINE));
  const way = [0];
  for (let i = 1; i <= FINE; i++) way.push(way[i - 1] + distance(points[i - 1], points[i]));
  /** @type {Triple[]} */
  const even = [];
  for (let angle = 0, i = 0; angle < ANGLES; angle++) {
    const wanted = (way[FINE] * angle) / ANGLES;
    while (way[i + 1] <= wanted) i++;
    const share = (wanted - way[i]) / (way[i + 1] - way[i]);
    const [p, q] = [points[i], points[i + 1]];
    even.push([p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1]), p[2] + share * (q[2] - p[2])]);
  }
  return even;
}

/** @param {Triple} lab @returns {Triple} sRGB, 0 to 255 */
export function toRgb([L, a, b]) {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  const [red, green, blue] = linear.map((x) => {
    const held = Math.min(Math.max(x, 0), 1);
    return Math.round(255 * (held <= 0.0031308 ? 12.92 * held : 1.055 * held ** (1 / 2.4) - 0.055));
  });
  return [red, green, blue];
}

/**
 * RGBA of each angle (0 to 255) at each coherence (0 to 15): entry (fade, angle) at 4 * (256 * fade + angle). At 0 all
 * are one grey: there is no common phase, and so no angle to show.
 *
 * @returns {Uint8ClampedArray<ArrayBuffer>}
 */
export function table() {
  const colours = circle();
  const all = new Uint8ClampedArray(4 * ANGLES * FADES);
  for (let fade = 0, at = 0; fade < FADES; fade++) {
    const share = fade / (FADES - 1);
    for (const [L, a, b] of colours) {
      const rgb = toRgb([LIGHTNESS + share * (L - LIGHTNESS), share * a, share * b]);
      all.set([...rgb, 255], at);
      at += 4;
    }
  }
  return all;
}

/** A CSS gradient all the way round, as a legend. 0 is at the right, and angles grow against the clock. */
export function wheel() {
  const colours = circle();
  const stops = Array.from({ length: 33 }, (_, i) => `rgb(${toRgb(colours[(256 - 8 * i) % 256]).join(" ")})`);
  return `conic-gradient(from 90deg, ${stops.join(", ")})`;
}
