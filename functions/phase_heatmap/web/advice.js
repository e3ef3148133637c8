// What to tell a person when the schemas differ: what, why, and the one action that helps. Pure.
//
// An action that was tried and changed nothing is not offered again: after a reload that brought the same page, a copy
// from beyond the caches; after that, the details for whoever runs the server.

/** @typedef {"reload" | "fresh" | "copy-command" | "open" | "copy-details"} ActionKind */
/**
 * @typedef {object} Advice
 * @property {"stop" | "note"} level whether the picture is frozen, or all goes on
 * @property {string} what
 * @property {string} why
 * @property {{kind: ActionKind, label: string, value: string}} action `value`: a build, a command or an address
 * @property {string} details to copy, for whoever has to act
 */
/**
 * @typedef {object} Situation
 * @property {string} client the schema version of this page
 * @property {string} build of this page
 * @property {string} frozen the time of the picture, such as 14:02, empty if there is none
 * @property {string} reloadedFor the build for which this tab was reloaded before, or empty
 * @property {string} freshFor the build that the address asks for, or empty
 * @property {string} address of this page
 */

const ACTIONS = {
  reload: "Reload",
  fresh: "Get a fresh copy",
  "copy-command": "Copy the command",
  open: "Open the instructions",
  "copy-details": "Copy the details",
};

/**
 * @param {Record<string, any>} document the answer to the handshake; its layout is frozen for ever
 * @param {Situation} here
 * @returns {Advice | null} null when nobody has to do anything
 */
export function advise(document, here) {
  const { upgrade, negotiated } = document;
  const stopped = negotiated === null;
  if (!upgrade && !stopped) return null;
  const kind = actionFor(document, here);
  const details = JSON.stringify({ page: here, handshake: document }, null, 2);
  return {
    level: stopped ? "stop" : "note",
    what: stopped ? differing(document, here) : `${upgrade.title}.`,
    why: [stopped ? frozen(here) : "", helping(kind, upgrade, stopped), until(upgrade)].filter(Boolean).join(" "),
    action: { kind, label: ACTIONS[kind], value: valueOf(kind, document) },
    details,
  };
}

/** @param {ActionKind} kind @param {Record<string, any>} document @returns {string} */
function valueOf(kind, { server_build: served, upgrade }) {
  switch (kind) {
    case "reload":
    case "fresh":
      return served ?? "";
    case "copy-command":
      return upgrade.command;
    case "open":
      return upgrade.url;
    default:
      return "";
  }
}

/** @param {Record<string, any>} document @param {Situation} here @returns {ActionKind} */
function actionFor({ upgrade, server_build: served }, here) {
  const who = upgrade?.who ?? "server";
  if (who === "client" && upgrade.command) return "copy-command";
  if (who === "client" && upgrade.url) return "open";
  if (who === "server") return "copy-details";
  if (here.freshFor && here.freshFor === served) return "copy-details";
  return here.reloadedFor && here.reloadedFor === served ? "fresh" : "reload";
}

/** @param {Record<string, any>} document @param {Situation} here */
function differing({ schema }, here) {
  return `This page speaks schema ${minorOf(here.client)}, the server ${minorOf(schema?.current ?? "")}.`;
}

/** @param {Situation} here */
function frozen({ frozen: at }) {
  const picture = at ? `The picture is frozen at ${at}` : "There is no picture";
  return `${picture}: frames of another schema would be drawn wrong.`;
}

/** @param {ActionKind} kind @param {Record<string, any> | null} upgrade @param {boolean} stopped */
function helping(kind, upgrade, stopped) {
  switch (kind) {
    case "reload":
      return stopped
        ? "Reloading brings the page that fits."
        : "All goes on until you reload, whenever that suits you.";
    case "fresh":
      return (
        "Reloading brought the same page again, so something on the way keeps an old copy. " +
        "A fresh copy passes it by."
      );
    case "open":
      return "The instructions lead to the version that fits.";
    case "copy-command":
      return "The command installs the version that fits.";
    default:
      return upgrade?.who === "server" || !upgrade
        ? "Only the server's operators can help: send them the details."
        : "A fresh copy of the page is no other: send the details to the server's operators.";
  }
}

/** @param {Record<string, any> | null} upgrade */
function until(upgrade) {
  return upgrade?.deadline ? `It is served until ${upgrade.deadline}.` : "";
}

/** @param {string} version */
function minorOf(version) {
  return version.split(".").slice(0, 2).join(".") || "that is unknown";
}
