// The elements of the heatmap, as they stand before anything has come.

import { wheel } from "./colours.js";

const KEYS = ["colour is the angle: light at 0, dark at half a turn", "grey: no common phase", "hatched: no data"];
const HELP =
  "Space holds the picture. Arrow keys move a cursor over the cells, with Shift ten at a time; Escape takes it away. " +
  "Plus and minus show fewer or more rows, 0 shows all.";
const AXIS = 4; // times below the map

/** @typedef {Record<"head" | "title" | "state" | "tools" | "order" | "r" | "means" | "line" | "map" | "empty" | "mark" | "band" | "tip" | "axis" | "caption" | "by" | "spoken", HTMLElement>} Parts */

/** @param {HTMLElement} host @returns {Parts} */
export function build(host) {
  const made = /** @type {Record<string, HTMLElement>} */ ({});
  const part = (/** @type {string} */ name, /** @type {string} */ tag = "div") => {
    made[name] = document.createElement(tag);
    made[name].className = `heat-${name}`;
    return made[name];
  };
  part("head", "header").append(part("title", "h1"), part("state", "span"));
  made.title.textContent = "Phases"; // until it is known of how many
  made.state.setAttribute("role", "status");
  part("tools");
  const order = part("order");
  const words = part("words");
  words.append(part("r", "b"), part("means", "span"));
  order.append(words, part("line", "canvas"));
  part("map").append(part("mark"), part("band"), part("tip"), part("empty", "p"));
  for (const name of ["mark", "band", "tip"]) made[name].hidden = true;
  part("axis").append(...Array.from({ length: AXIS }, () => document.createElement("span")));
  const figure = part("figure", "figure");
  const below = part("note", "figcaption");
  const foot = part("foot");
  foot.append(part("caption", "p"), part("by", "p"));
  below.append(foot, legend(part));
  figure.append(order, made.map, made.axis, below);
  const help = part("help", "p");
  help.textContent = HELP;
  help.id = `heat-help-${Math.random().toString(36).slice(2)}`;
  // An application: its own keys do what the help says, and a screen reader hands them over.
  for (const [name, value] of Object.entries({
    role: "application", "aria-roledescription": "heatmap", "aria-describedby": help.id, tabindex: "0",
  })) made.map.setAttribute(name, value);
  made.line.setAttribute("aria-hidden", "true"); // the same is said in words
  part("spoken", "p").setAttribute("aria-live", "polite");
  host.replaceChildren(made.head, made.tools, figure, help, made.spoken);
  return /** @type {Parts} */ (made);
}

/** @param {(name: string, tag?: string) => HTMLElement} part */
function legend(part) {
  const all = part("legend");
  const disc = part("wheel");
  disc.style.background = wheel();
  disc.setAttribute("role", "img");
  disc.setAttribute("aria-label", "Colours: light at 0, orange at a quarter of a turn, dark at half, blue at three");
  const keys = part("keys", "ul");
  for (const words of KEYS) {
    const key = document.createElement("li");
    key.textContent = words;
    keys.append(key);
  }
  all.append(disc, keys);
  return all;
}

// Only what has changed is written: the rest of the document stays as it was laid out.

/** @param {Element} part @param {string} words */
export function text(part, words) {
  if (part.textContent !== words) part.textContent = words;
}

/** @param {Element} part @param {Record<string, string>} attributes */
export function mark(part, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (part.getAttribute(name) !== value) part.setAttribute(name, value);
  }
}

/** @param {HTMLElement} part @param {Record<string, string>} data */
export function note(part, data) {
  for (const [name, value] of Object.entries(data)) {
    if (part.dataset[name] !== value) part.dataset[name] = value;
  }
}
