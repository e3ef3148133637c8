// Runs decode.js over what viewers received: reads a JSON list of sessions, each a list of bodies in base64, on standard
// input, and writes for each body the frame `epoch.seq` that the viewer then has, or the reason of the refusal, after
// which it has none. An empty body stands for one whose content coding was damaged.
//
//   node decode_sessions.mjs path/to/decode.js < sessions.json

import { readFileSync } from "node:fs";

// As a data address, for node would take a bare .js file for CommonJS.
const source = readFileSync(process.argv[2]);
const { decodeAll, PhaseFormatError } = await import(`data:text/javascript;base64,${source.toString("base64")}`);

function follow(session) {
  let baseline = null;
  return session.map((body) => {
    if (body === "") {
      baseline = null;
      return "coding";
    }
    try {
      for (const message of decodeAll(new Uint8Array(Buffer.from(body, "base64")), baseline)) {
        baseline = message.baseline ?? baseline;
      }
    } catch (error) {
      if (!(error instanceof PhaseFormatError)) throw error;
      baseline = null;
      return error.reason;
    }
    return `${baseline.epoch}.${baseline.seq}`;
  });
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(follow)));
