// The page: its address says what is shown, as `view.js` describes, and always what is shown now, so that a link to it shows
// the same. The banner says what to do when the schemas differ.

import { SchemaVersionBanner } from "./banner.js";
import { AdaptiveHeatmap } from "./heatmap.js";
import { SCHEMA } from "./stream.js";
import { button } from "./tools.js";
import { writeView } from "./view.js";

const address = new URL(location.href);
const main = /** @type {HTMLElement} */ (document.querySelector("main"));
const links = /** @type {HTMLElement} */ (document.querySelector("nav"));
const banner = /** @type {SchemaVersionBanner} */ (document.querySelector("schema-version-banner"));

/** @param {string} stream */
function show(stream) {
  const heatmap = new AdaptiveHeatmap();
  heatmap.setAttribute("stream", stream);
  heatmap.className = "card";
  for (const name of ["seconds", "renderer", "rows", "at", "last", "from", "to"]) {
    const given = address.searchParams.get(name);
    if (given !== null) heatmap.setAttribute(name, given);
  }
  banner.follow(heatmap);
  heatmap.addEventListener("phase-view", (event) => {
    const current = new URL(location.href);
    writeView(/** @type {CustomEvent} */ (event).detail, current.searchParams);
    history.replaceState(null, "", current);
  });
  main.append(heatmap);
  heatmap.tools?.append(linkButton());
  document.title = `${stream} · Phase heatmap`;
}

/** Copies an address that shows the same picture. */
function linkButton() {
  const made = button("Copy link");
  made.className = "heat-link";
  made.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      made.textContent = "Copied";
    } catch {
      made.textContent = "Copy it from the address bar"; // the browser does not allow it
    }
    setTimeout(() => (made.textContent = "Copy link"), 2000);
  });
  return made;
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
      target.search = "";
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
