// What the element says in words and in its data-… attributes: a few times a second, never for each frame.

import { caption, cellWords, count, outline, summary } from "./caption.js";
import { axisTime, clock, dayClock, length, stretch } from "./clock.js";
import { mark, text } from "./parts.js";
import { timeIn } from "./scene.js";
import { LAST } from "./view.js";

/** @typedef {import("./parts.js").Parts} Parts */
/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {import("./grid.js").Size} Size */
/** @typedef {import("./view.js").View} View */

const STATES = {
  connecting: ["", "Connecting"],
  live: ["good", "Live"],
  silent: ["warn", "No new frames"],
  offline: ["warn", "Offline, trying again"],
  absent: ["warn", "No such stream"],
  refused: ["bad", "Frozen"],
  hidden: ["", "Paused"],
};
const DAY_US = 86_400e6;

/**
 * @typedef {object} Shown
 * @property {View} view
 * @property {Scene} scene
 * @property {Size} size
 * @property {number} seq the frame at the right edge
 * @property {number} every of the frames, one in so many is drawn
 * @property {{width: number, height: number}} device pixels
 * @property {string} reason why cells are as large
 * @property {string} by who draws, and why
 * @property {string} bytes what came
 */

/** The state of the stream, or of what else is looked at. @param {Parts} parts @param {View} view @param {import("./stream.js").State} state @param {string} detail @param {number} nowUs @param {Scene | null} scene */
export function tellState(parts, view, state, detail, nowUs, scene) {
  const [looks, words] = state === "refused" || view.time.kind === "live" ? STATES[state] : ["", timeWords(view, nowUs, scene)];
  text(parts.state, words);
  mark(parts.state, { class: `heat-state state ${looks}`, title: detail });
  parts.map.classList.toggle("frozen", state === "refused");
  return words;
}

/** @param {View} view @param {number} nowUs @param {Scene | null} scene */
export function timeWords({ time }, nowUs, scene) {
  const dated = (/** @type {number} */ us) => (Math.abs(nowUs - us) < DAY_US ? clock(us) : dayClock(us));
  switch (time.kind) {
    case "paused":
      return `Paused at ${dated(time.atUs)}`;
    case "last": {
      const { words = "", seconds = 0 } = LAST.find((each) => each.name === time.name) ?? {};
      const said = words.charAt(0).toUpperCase() + words.slice(1);
      // It ends with the newest frame, wherever the clock of this machine is. A little is the time until it is read again.
      const elsewhere = scene !== null && scene.seq !== null && Math.abs(nowUs - scene.endUs) > (60 + seconds / 30) * 1e6;
      return elsewhere ? `${said}, to ${dated(scene.endUs)}` : said;
    }
    case "range":
      return stretch(time.fromUs, time.toUs, nowUs);
    default:
      return "Live";
  }
}

/** All the rest. @param {Parts} parts @param {Shown} shown @returns {string} the picture in outline, for who does not see it */
export function tell(parts, { view, scene, size, seq, every, device, reason, by, bytes }) {
  const { rows, stepUs } = scene;
  const { width, height } = device;
  text(parts.title, rows.total ? `Phases of ${count(rows.total)} oscillators` : `Phases of ${view.stream}`);
  const order = lastKnown(scene, seq, size.framesPerColumn);
  text(parts.r, Number.isNaN(order) ? "r –" : `r ${order.toFixed(2)}`);
  text(parts.means, "order parameter of all oscillators");
  text(parts.caption, `${caption({ rows, size, width, height, reason, every, level: scene.level, stepUs })}.`);
  text(parts.by, `Drawn by ${by}. Stream ${view.stream}, epoch ${scene.epoch}${scene.shared ? "; a part of this time is another epoch's" : ""}.${bytes ? ` ${bytes}` : ""}`);
  const seconds = (scene.span * stepUs) / 1e6;
  mark(parts.map, { "aria-label": summary({ stream: view.stream, order, seconds, ended: scene.seq !== null }) });
  axis(parts.axis, scene, size, seq);
  return outline(order);
}

/** The newest r that there is: of history's last column it may still be missing. @param {Scene} scene @param {number} seq @param {number} back */
function lastKnown({ frames }, seq, back) {
  for (let at = seq; at >= Math.max(seq - 2 * back, 0); at--) {
    const order = frames.orderAt(at);
    if (!Number.isNaN(order)) return order;
  }
  return NaN;
}

/** @param {Shown} shown @returns {Record<string, string>} for programs */
export function facts({ view, scene, size, seq, every, device, reason }) {
  return {
    mode: view.time.kind,
    epoch: String(scene.epoch),
    seq: String(seq),
    newest: String(scene.frames.newest),
    oldest: String(scene.frames.oldest),
    level: String(scene.level + (size.level ?? 0)),
    columns: String(size.columns),
    rows: String(size.rows),
    firstRow: String((size.firstRow ?? 0) + 1),
    lastRow: String(size.endRow ?? scene.frames.rows),
    cell: String(size.cell),
    every: String(every),
    resolution: size.resolution.toFixed(2),
    cells: cellWords(size, device.width, device.height, scene.level > 0 ? "columns" : "frames"),
    reason,
  };
}

/** Of what is alive: how long ago. Of what is not: when. @param {HTMLElement} part @param {Scene} scene @param {Size} size @param {number} seq */
function axis(part, scene, size, seq) {
  const last = part.children.length - 1;
  const span = size.columns * size.framesPerColumn;
  const end = (Math.floor(seq / size.framesPerColumn) + 1) * size.framesPerColumn;
  [...part.children].forEach((each, i) => {
    if (scene.seq === null) {
      const ago = span * scene.stepUs * (1 - i / last);
      text(each, ago ? length(Number(ago.toPrecision(4))) : seq < 0 ? "now" : clock(timeIn(scene, seq)));
      return;
    }
    const us = timeIn(scene, Math.min(Math.round(end - span * (1 - i / last)), seq));
    text(each, axisTime(us, span * scene.stepUs));
  });
}

/** @param {number} bytes */
function size(bytes) {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** What came, and whether the server counts the same. @param {{bytes: number}} received @param {Record<string, any> | null} audit */
export function bytesWords({ bytes }, audit) {
  if (bytes === 0) return "";
  const came = `${size(bytes)} of frames received`;
  if (audit === null) return `${came}.`;
  const difference = audit.difference_bytes;
  const agreed = difference === 0 ? "the server counts the same" : `the server counts ${count(Math.abs(difference))} bytes ${difference > 0 ? "more" : "fewer"}`;
  return `${came}; at the last look, ${agreed}, and ${size(audit.server.saved_bytes)} saved.`;
}
