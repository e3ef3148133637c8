// Damages messages, runs decode.js over them and counts what it allocates, for the tests. Reads on standard input a
// JSON object {seed, flips, cuts, intact, foes}: two numbers of messages to damage, and lists of {body, before}, both
// base64, where `before` are the messages that a receiver has had. Writes an object {intact, foes, flips, cuts} of
// {reasons, sizes, crashes}: `reasons` in the order of the messages, "" for one that was understood, and for flips and
// cuts counted; `sizes` pairs of a message's bytes and the bytes allocated for it.
//
//   node fuzz_bodies.mjs path/to/decode.js < messages.json

import { readFileSync } from "node:fs";

const given = JSON.parse(readFileSync(0, "utf8"));

// Typed arrays are all that decoding allocates by numbers that were sent. Their constructors are replaced before the
// decoder is loaded, on the prototypes as well: from there copies and arrays of another's type get theirs.
let allocated = 0;
for (const name of ["Uint8Array", "Uint16Array", "Int32Array", "ArrayBuffer"]) {
  const kind = globalThis[name];
  const counting = new Proxy(kind, {
    construct(target, values, caller) {
      const made = Reflect.construct(target, values, caller);
      if (!(values[0] instanceof ArrayBuffer)) allocated += made.byteLength; // else a view
      return made;
    },
  });
  globalThis[name] = counting;
  kind.prototype.constructor = counting;
}

const source = readFileSync(process.argv[2]);
const decoder = await import(`data:text/javascript;base64,${source.toString("base64")}`);

// mulberry32: small, and the same on every machine
let state = given.seed;
function below(limit) {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
}

function read({ body, before }) {
  let baseline = null;
  for (const message of decoder.decodeAll(new Uint8Array(Buffer.from(before, "base64")))) {
    baseline = message.baseline ?? baseline;
  }
  return { bytes: new Uint8Array(Buffer.from(body, "base64")), baseline };
}

/** Flips one bit, two, or one and some of 32 in a row. */
function flipped(bytes) {
  const changed = bytes.slice();
  const flip = (at) => (changed[at >> 3] ^= 1 << (at & 7));
  const bits = 8 * bytes.length;
  flip(below(bits));
  const more = below(3);
  if (more === 1) flip(below(bits));
  if (more === 2) for (let at = below(bits - 32), end = at + 32; at < end; at++) if (below(2)) flip(at);
  return changed;
}

/** Why a message is refused, "" if it is not. */
function attempt({ bytes, baseline }, found) {
  let reason = "";
  allocated = 0;
  try {
    decoder.decode(bytes, baseline);
  } catch (error) {
    if (!(error instanceof decoder.PhaseFormatError)) found.crashes.push(String(error.stack));
    reason = error.reason;
  }
  found.sizes.push([bytes.length, allocated]);
  return reason;
}

function inOrder(messages) {
  const found = { reasons: [], sizes: [], crashes: [] };
  for (const message of messages) found.reasons.push(attempt(message, found));
  return found;
}

function damaged(messages, count, damage) {
  const found = { reasons: {}, sizes: [], crashes: [] };
  while (found.sizes.length < count) {
    const { bytes, baseline } = messages[below(messages.length)];
    const changed = damage(bytes);
    // A second flip may have undone the first.
    if (changed.length === bytes.length && changed.every((byte, at) => byte === bytes[at])) continue;
    const reason = attempt({ bytes: changed, baseline }, found);
    found.reasons[reason] = (found.reasons[reason] ?? 0) + 1;
  }
  return found;
}

const intact = given.intact.map(read);
process.stdout.write(
  JSON.stringify({
    intact: inOrder(intact),
    foes: inOrder(given.foes.map(read)),
    flips: damaged(intact, given.flips, flipped),
    cuts: damaged(intact, given.cuts, (bytes) => bytes.slice(0, below(bytes.length))),
  }),
);
