// The page: its address says which stream is shown (?stream=…&seconds=…&renderer=canvas), and the banner what to do when
// the schemas differ.

import { advise } from "./advice.js";
import { FRESH, SchemaVersionBanner, reloadedFor } from "./banner.js";
import { AdaptiveHeatmap } from "./heatmap.js";
import { SCHEMA } from "./stream.js";

const BUILD = new URL(import.meta.url).pathname.split("/").at(-2) ?? "";
const address = new URL(location.href);
const main = /** @type {HTMLElement} */ (document.querySelector("main"));
const links = /** @type {HTMLElement} */ (document.querySelector("nav"));
const banner = /** @type {SchemaVersionBanner} */ (document.querySelector("schema-version-banner"));

/** @param {string} stream */
function show(stream) {
  const heatmap = new AdaptiveHeatmap();
  heatmap.setAttribute("stream", stream);
  heatmap.className = "card";
  for (const name of ["renderer", "seconds"]) {
    const given = address.searchParams.get(name);
    if (given !== null) heatmap.setAttribute(name, given);
  }
  heatmap.addEventListener("phase-handshake", (event) => {
    banner.advice = advise(/** @type {CustomEvent} */ (event).detail, {
      client: SCHEMA,
      build: BUILD,
      frozen: heatmap.shownTime,
      reloadedFor: reloadedFor(),
      freshFor: address.searchParams.get(FRESH) ?? "",
      address: location.href,
    });
  });
  main.append(heatmap);
  document.title = `${stream} · Phase heatmap`;
}

/** @param {string} text */
function say(text) {
  const card = document.createElement("p");
  card.className = "card";
  card.textContent = text;
  main.append(card);
}

/** The streams that there are; an empty list if that cannot be known now. */
async function streams() {
  try {
    const response = await fetch(new URL("streams", location.href), { headers: { "Phase-Schema": SCHEMA } });
    /** @type {{streams?: {id: string}[]}} */
    const document = await response.json();
    return (document.streams ?? []).map((each) => each.id);
  } catch (error) {
    console.warn("the list of streams cannot be read", error);
    return [];
  }
}

/** @param {string} current @param {string[]} known */
function list(current, known) {
  links.replaceChildren(
    ...known.map((id) => {
      const link = document.createElement("a");
      const target = new URL(location.href);
      target.searchParams.set("stream", id);
      link.href = target.href;
      link.textContent = id;
      if (id === current) link.setAttribute("aria-current", "page");
      return link;
    }),
  );
}

const asked = address.searchParams.get("stream");
if (asked) show(asked);
const known = await streams();
const shown = asked ?? known[0];
if (!asked && shown) show(shown);
if (!shown) say("No stream has had a frame yet. Reload when a producer posts.");
list(shown ?? "", known);
