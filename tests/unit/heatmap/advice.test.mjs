// What the banner says: one action for each way in which schemas can differ, and never one that was tried in vain.

import assert from "node:assert/strict";
import { test } from "node:test";
import { advise } from "../../../functions/phase_heatmap/web/advice.js";

const HERE = { client: "1.0.0", build: "b0", frozen: "14:02", reloadedFor: "", freshFor: "", address: "http://x/phase/" };
const upgrade = (who, more = {}) => ({ who, title: "A title", steps: ["Do it."], command: null, url: null, deadline: null, ...more });
const refused = (who, more = {}) => ({
  verdict: "client_too_old", negotiated: null, server_build: "b1", schema: { current: "2.1.7" }, upgrade: upgrade(who, more),
});
const actionOf = (document, here = {}) => advise(document, { ...HERE, ...here }).action;

test("nobody has to act: nothing is said", () => {
  assert.equal(advise({ verdict: "compatible", negotiated: "1.0", upgrade: null }, HERE), null);
  assert.equal(advise({ verdict: "unknown", negotiated: "1.0", upgrade: null }, HERE), null);
});

test("a refusal says what, why, and that the picture is frozen", () => {
  const { level, what, why } = advise(refused("reload"), HERE);
  assert.equal(level, "stop");
  assert.equal(what, "This page speaks schema 1.0, the server 2.1.");
  assert.equal(why, "The picture is frozen at 14:02: frames of another schema would be drawn wrong. Reloading brings the page that fits.");
  assert.match(advise(refused("reload"), { ...HERE, frozen: "" }).why, /^There is no picture:/);
});

test("each one who has to act has one action", () => {
  assert.deepEqual(actionOf(refused("reload")), { kind: "reload", label: "Reload", value: "b1" });
  assert.deepEqual(actionOf(refused("server")), { kind: "copy-details", label: "Copy the details", value: "" });
  assert.deepEqual(actionOf(refused("client", { command: "npm i x", url: "http://y" })).value, "npm i x");
  assert.deepEqual(actionOf(refused("client", { url: "http://y" })), { kind: "open", label: "Open the instructions", value: "http://y" });
  assert.equal(actionOf(refused("client")).kind, "reload", "of the page itself, a reload is the newer client");
  assert.equal(actionOf({ ...refused("server"), upgrade: null }).kind, "copy-details", "a refusal without a way out");
});

test("a reload that brought the same page is not offered again", () => {
  assert.equal(actionOf(refused("reload"), { reloadedFor: "b1" }).kind, "fresh");
  assert.equal(actionOf(refused("reload"), { reloadedFor: "b1", freshFor: "b1" }).kind, "copy-details");
  assert.equal(actionOf(refused("reload"), { reloadedFor: "older" }).kind, "reload");
  assert.equal(actionOf(refused("client"), { reloadedFor: "b1" }).kind, "fresh");
});

test("what only could be better is a note, with its last day", () => {
  const note = advise({ ...refused("client", { deadline: "2027-03-01", url: "http://y" }), verdict: "degraded", negotiated: "1.0" }, HERE);
  assert.deepEqual([note.level, note.what], ["note", "A title."]);
  assert.equal(note.why, "The instructions lead to the version that fits. It is served until 2027-03-01.");
});

test("details hold both sides", () => {
  const { details } = advise(refused("server"), HERE);
  assert.deepEqual(JSON.parse(details), { page: HERE, handshake: refused("server") });
});
