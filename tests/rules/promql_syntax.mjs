// Reads a JSON list of expressions, prints which of them Prometheus's own editor grammar takes without an error.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { parser } = createRequire(`${process.argv[2]}/`)("@prometheus-io/lezer-promql");
const good = JSON.parse(readFileSync(0, "utf8")).map((text) => {
  let whole = true;
  parser.parse(text).iterate({ enter: (node) => { whole &&= !node.type.isError; } });
  return whole;
});
console.log(JSON.stringify(good));
