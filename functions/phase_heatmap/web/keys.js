// What the keys on the map do. Pure.

/** @typedef {{kind: "hold"} | {kind: "hide"} | {kind: "move", columns: number, rows: number} | Zoom} Does */
/** @typedef {{kind: "zoom", factor: number}} Zoom `factor` of the rows that are shown; Infinity for all */

/** @type {Record<string, [number, number]>} */
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const FAR = 10;

/**
 * @param {{key: string, shiftKey: boolean, ctrlKey: boolean, altKey: boolean, metaKey: boolean}} event
 * @returns {Does | null} null for a key that is not ours
 */
export function keyFor({ key, shiftKey, ctrlKey, altKey, metaKey }) {
  if (ctrlKey || altKey || metaKey) return null;
  if (Object.hasOwn(MOVES, key)) {
    const [columns, rows] = MOVES[key];
    const times = shiftKey ? FAR : 1;
    return { kind: "move", columns: columns * times, rows: rows * times };
  }
  switch (key) {
    case " ":
      return { kind: "hold" };
    case "Escape":
      return { kind: "hide" };
    case "+":
    case "=":
      return { kind: "zoom", factor: 0.5 };
    case "-":
      return { kind: "zoom", factor: 2 };
    case "0":
      return { kind: "zoom", factor: Infinity };
    default:
      return null;
  }
}
