// What is looked at, and its form in an address: a link shows the same picture. Pure.
//
//   stream=kuramoto  seconds=30  renderer=auto|webgl|canvas
//   rows=101-200                              of the rows that there are, the first being 1
//   at=2026-03-01T09:30:00.000Z               paused, with that moment at the right edge
//   last=1h                                   the newest stretch of history: 5m, 1h, 6h or 1d
//   from=2026-03-01T08:00:00Z&to=…            a stretch of history

/** @typedef {{kind: "live"} | {kind: "paused", atUs: number} | {kind: "last", name: string} | Range} Time */
/** @typedef {{kind: "range", fromUs: number, toUs: number}} Range */
/** @typedef {"auto" | "webgl" | "canvas"} Wanted */
/**
 * @typedef {object} View
 * @property {string} stream
 * @property {number} seconds from edge to edge of the living picture
 * @property {Wanted} renderer
 * @property {[number, number] | null} rows from the first to the last, counted from 1; null for all
 * @property {Time} time
 */

/** Stretches of history that end now, by their names in an address. */
export const LAST = [
  { name: "5m", seconds: 300, label: "5 min", words: "the last 5 minutes" },
  { name: "1h", seconds: 3600, label: "1 h", words: "the last hour" },
  { name: "6h", seconds: 21_600, label: "6 h", words: "the last 6 hours" },
  { name: "1d", seconds: 86_400, label: "1 day", words: "the last day" },
];

export const USUAL_SECONDS = 30;
const [LEAST_SECONDS, MOST_SECONDS] = [5, 600];
const NAMES = ["stream", "seconds", "renderer", "rows", "at", "last", "from", "to"];

/**
 * The view that parameters ask for. What cannot be read is as if it were not there: a link that was cut still shows
 * something.
 *
 * @param {(name: string) => string | null} given
 * @returns {View}
 */
export function readView(given) {
  const renderer = given("renderer");
  return {
    stream: given("stream") ?? "",
    seconds: secondsOf(given("seconds")),
    renderer: renderer === "canvas" || renderer === "webgl" ? renderer : "auto",
    rows: rowsOf(given("rows")),
    time: timeOf(given),
  };
}

/**
 * The view as parameters of an address; those of others stay.
 *
 * @param {View} view
 * @param {URLSearchParams} params are changed
 */
export function writeView({ stream, seconds, renderer, rows, time }, params) {
  for (const name of NAMES) params.delete(name);
  if (stream) params.set("stream", stream);
  if (seconds !== USUAL_SECONDS) params.set("seconds", String(seconds));
  if (renderer !== "auto") params.set("renderer", renderer);
  if (rows !== null) params.set("rows", rows.join("-"));
  if (time.kind === "paused") params.set("at", iso(time.atUs));
  if (time.kind === "last") params.set("last", time.name);
  if (time.kind === "range") {
    params.set("from", iso(time.fromUs));
    params.set("to", iso(time.toUs));
  }
}

/** @param {string | null} text @returns {number} */
function secondsOf(text) {
  const given = Number(text || USUAL_SECONDS);
  return Number.isFinite(given) ? Math.min(Math.max(given, LEAST_SECONDS), MOST_SECONDS) : USUAL_SECONDS;
}

/** @param {string | null} text @returns {[number, number] | null} */
function rowsOf(text) {
  const found = /^(\d{1,7})-(\d{1,7})$/.exec(text ?? "");
  if (found === null) return null;
  const [first, last] = [Number(found[1]), Number(found[2])];
  return first >= 1 && last >= first ? [first, last] : null;
}

/** @param {(name: string) => string | null} given @returns {Time} */
function timeOf(given) {
  const [at, from, to] = [usOf(given("at")), usOf(given("from")), usOf(given("to"))];
  if (from !== null && to !== null && from < to) return { kind: "range", fromUs: from, toUs: to };
  if (at !== null) return { kind: "paused", atUs: at };
  const name = given("last");
  return LAST.some((each) => each.name === name) ? { kind: "last", name: name ?? "" } : { kind: "live" };
}

/** @param {string | null} text @returns {number | null} microseconds since 1970 */
function usOf(text) {
  const ms = text ? Date.parse(text) : NaN;
  return Number.isNaN(ms) ? null : ms * 1000;
}

/** @param {number} us */
function iso(us) {
  return new Date(Math.round(us / 1000)).toISOString();
}
