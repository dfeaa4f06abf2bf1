// @ts-check
/// <reference lib="dom" />
// The home page: says what the first client does, as soon as there is one.
import { countOf, isOfClient, lineOf } from "../inspect/model.js";

const [line, text] = [document.getElementById("waiting"), document.getElementById("waiting-text")];
/** @type {Map<number, import("../inspect/model.js").Exchange>} */
const seen = new Map();
let isPlanned = false;

/** @type {import("../inspect/model.js").Endpoints} */
const endpoints = JSON.parse(line?.dataset.endpoints ?? "{}");

if (line && text) {
  const source = new EventSource(line.dataset.events ?? "");
  source.addEventListener("exchange", ({ data }) => {
    const exchange = JSON.parse(data);
    if (!isOfClient(exchange, endpoints)) return;
    seen.set(exchange.sequence, exchange);
    plan();
  });
  source.addEventListener("cleared", () => {
    seen.clear();
    plan();
  });
}

/** What comes within a frame is shown at once. */
function plan() {
  if (isPlanned) return;
  isPlanned = true;
  requestAnimationFrame(() => {
    isPlanned = false;
    show();
  });
}

function show() {
  const latest = [...seen.values()].at(-1);
  if (!line || !text) return;
  line.classList.toggle("arrived", latest !== undefined);
  if (!latest) {
    text.textContent = "waiting for your client…";
    return;
  }
  const { asks, gets } = lineOf(latest, endpoints);
  const step = `${latest.method} ${asks} → ${latest.status} ${gets}`.trim();
  text.textContent = `a client is here: ${step} (${countOf(seen.size, "request")})`;
}
