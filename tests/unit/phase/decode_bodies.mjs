// Runs decode.js over bodies for the tests: reads a JSON list of {body: base64, one: boolean} on standard input and
// writes a list of {messages} or {reason} or, for an error that is none of the decoder's, {crash}.
//
//   node decode_bodies.mjs path/to/decode.js < bodies.json

import { readFileSync } from "node:fs";

// As a data address, for node would take a bare .js file for CommonJS.
const source = readFileSync(process.argv[2]);
const decoder = await import(`data:text/javascript;base64,${source.toString("base64")}`);
const KINDS = ["FULL", "DELTA", "CONFIG", "CHUNK"];

function rowsOf(cells, { nRows, nFrames }) {
  if (cells === null) return null;
  return Array.from({ length: nFrames }, (_, t) => Array.from(cells.subarray(t * nRows, (t + 1) * nRows)));
}

function shown({ header, frames, document }) {
  const message = {
    kind: KINDS[header.kind],
    version: `${header.major}.${header.minor}.${header.build}`,
    epoch: header.epoch,
    seq: header.seq,
    base_seq: header.baseSeq,
    bits: header.bits,
    predictor: header.predictor,
    n_rows: header.nRows,
    n_frames: header.nFrames,
    t0_us: header.t0Us,
    dt_us: header.dtUs,
    sampled: Boolean(header.flags & decoder.SAMPLED),
    angles: frames === null ? [] : rowsOf(frames.angles, header),
    resultant: frames === null ? null : rowsOf(frames.resultant, header),
    missing: frames === null ? null : rowsOf(frames.missing, header),
  };
  return document === null ? message : { ...message, document };
}

function run({ body, one }) {
  const bytes = new Uint8Array(Buffer.from(body, "base64"));
  try {
    const messages = one ? [decoder.decode(bytes)] : [...decoder.decodeAll(bytes)];
    return { messages: messages.map(shown) };
  } catch (error) {
    return error instanceof decoder.PhaseFormatError ? { reason: error.reason } : { crash: String(error.stack) };
  }
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(run)));
