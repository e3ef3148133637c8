// Times as people here read them. Pure, but for the time zone of where it runs.

/** @param {number} n */
const two = (n) => String(n).padStart(2, "0");

/** The time of the day, such as 14:02:07, or 14:02:07.4. @param {number} us since 1970 @param {number} [digits] of a second */
export function clock(us, digits = 0) {
  const at = new Date(us / 1000);
  const seconds = at.getSeconds() + (digits ? at.getMilliseconds() / 1000 : 0);
  // Never rounded up to 60.
  const shown = digits ? (Math.floor(seconds * 10 ** digits) / 10 ** digits).toFixed(digits).padStart(3 + digits, "0") : two(seconds);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${shown}`;
}

/**
 * A time on an axis: as fine as two of its marks, of which there are a handful, differ.
 *
 * @param {number} us
 * @param {number} spanUs of the whole axis
 */
export function axisTime(us, spanUs) {
  if (spanUs > 43_200e6) return dayClock(us).slice(5);
  return clock(us, spanUs < 10e6 ? 1 : 0);
}

/** With the day, such as 2026-03-01 14:02. @param {number} us */
export function dayClock(us) {
  const at = new Date(us / 1000);
  return `${String(at.getFullYear()).padStart(4, "0")}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock(us).slice(0, 5)}`;
}

/** What a field for a date and a time takes. @param {number} us */
export function fieldTime(us) {
  return `${dayClock(us).replace(" ", "T")}${clock(us).slice(5)}`;
}

/** A stretch, such as 14:02 to 15:02, with the days where they are not both today. @param {number} fromUs @param {number} toUs @param {number} nowUs */
export function stretch(fromUs, toUs, nowUs) {
  const days = [fromUs, toUs, nowUs].map((us) => dayClock(us).slice(0, 10));
  if (days[0] === days[1]) {
    const day = days[1] === days[2] ? "" : `${days[0]} `;
    const short = toUs - fromUs < 600e6;
    const cut = (/** @type {number} */ us) => (short ? clock(us) : clock(us).slice(0, 5));
    return `${day}${cut(fromUs)} to ${cut(toUs)}`;
  }
  return `${dayClock(fromUs)} to ${dayClock(toUs)}`;
}

/** How long, such as 1.6 s, 4 min or 2 h. @param {number} us */
export function length(us) {
  const seconds = us / 1e6;
  if (seconds < 90) return `${Number(seconds.toPrecision(3))} s`;
  if (seconds < 5400) return `${Number((seconds / 60).toPrecision(3))} min`;
  return `${Number((seconds / 3600).toPrecision(3))} h`;
}
