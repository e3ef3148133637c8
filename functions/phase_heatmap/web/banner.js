// <schema-version-banner>: what went wrong, why, and the one action that helps. It shows what `advise` says of the
// handshakes of the heatmap that it follows.

import { advise } from "./advice.js";
import { SCHEMA } from "./stream.js";

/** @typedef {import("./advice.js").Advice} Advice */

const RELOADED = "phase-reloaded-for"; // in the tab's own storage
const FRESH = "fresh"; // in the page's address: no cache has seen it before

/** The build for which this tab was reloaded, or an empty text. */
function reloadedFor() {
  return sessionStorage.getItem(RELOADED) ?? "";
}

export class SchemaVersionBanner extends HTMLElement {
  /** @type {Advice | null} */
  #advice = null;

  /** @param {Advice | null} advice null hides it */
  set advice(advice) {
    this.#advice = advice;
    this.hidden = advice === null;
    this.replaceChildren();
    if (advice === null) return;
    const stopped = advice.level === "stop";
    this.setAttribute("role", stopped ? "alert" : "status");
    this.className = stopped ? "banner stop" : "banner";
    this.dataset.level = advice.level;
    this.dataset.action = advice.action.kind;
    const button = element("button", advice.action.label, "main");
    button.addEventListener("click", () => this.#act(button));
    const row = element("div", "", "row");
    row.append(button);
    this.append(element("b", advice.what), element("span", advice.why), row);
    if (advice.action.kind === "copy-command") this.insertBefore(element("code", advice.action.value), row);
    const details = element("details", "");
    const text = element("pre", advice.details);
    text.tabIndex = 0; // a keyboard scrolls it, too
    details.append(element("summary", "Details"), text);
    this.append(details);
  }

  /** Say what helps whenever a heatmap's handshake tells of a difference. @param {HTMLElement & {shownTime: string}} heatmap */
  follow(heatmap) {
    heatmap.addEventListener("phase-handshake", (event) => {
      this.advice = advise(/** @type {CustomEvent} */ (event).detail, {
        client: SCHEMA,
        build: new URL(import.meta.url).pathname.split("/").at(-2) ?? "",
        frozen: heatmap.shownTime,
        reloadedFor: reloadedFor(),
        freshFor: new URL(location.href).searchParams.get(FRESH) ?? "",
        address: location.href,
      });
    });
  }

  get advice() {
    return this.#advice;
  }

  /** @param {HTMLElement} button */
  async #act(button) {
    if (this.#advice === null) return;
    const { action, details } = this.#advice;
    switch (action.kind) {
      case "reload":
        sessionStorage.setItem(RELOADED, action.value);
        location.reload();
        break;
      case "fresh": {
        const address = new URL(location.href);
        address.searchParams.set(FRESH, action.value);
        location.replace(address);
        break;
      }
      case "open":
        window.open(action.value, "_blank", "noopener");
        break;
      default:
        button.textContent = await copied(action.kind === "copy-command" ? action.value : details, this);
    }
  }
}

/** @param {string} text @param {HTMLElement} banner @returns {Promise<string>} what the button says then */
async function copied(text, banner) {
  try {
    await navigator.clipboard.writeText(text);
    return "Copied";
  } catch {
    // Without permission a person can still copy by hand: the text is opened and selected.
    const shown = banner.querySelector("pre");
    banner.querySelector("details")?.setAttribute("open", "");
    if (shown !== null) getSelection()?.selectAllChildren(shown);
    return "Selected below";
  }
}

/** @param {string} name @param {string} text @param {string} [className] @returns {HTMLElement} */
function element(name, text, className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

customElements.define("schema-version-banner", SchemaVersionBanner);
