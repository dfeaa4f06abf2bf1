// @ts-check
/// <reference lib="dom" />
// The copy buttons of every page that has something to copy.

const CONFIRMATION_MS = 1600;

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  const button = event.target.closest("button.copy");
  if (button instanceof HTMLButtonElement) copyFrom(button);
});

/**
 * Copies a button's own text, what its address answers with, or the code it stands beside, and says so on the button.
 *
 * @param {HTMLButtonElement} button
 */
async function copyFrom(button) {
  const beside = button.closest(".code, .endpoint")?.querySelector("code");
  const { copy: own, from } = button.dataset;
  const done = await copy(from ? await (await fetch(from)).text() : own || beside?.textContent || "");
  const label = button.firstChild;
  if (!label) return;
  label.textContent = done ? "copied" : "press ctrl+c";
  setTimeout(() => label.textContent = "copy", CONFIRMATION_MS);
}

/**
 * Copies text to the clipboard. Browsers offer the clipboard API on https and localhost only; elsewhere the old way
 * remains.
 *
 * @param {string} text
 * @returns {Promise<boolean>}
 */
async function copy(text) {
  if (navigator.clipboard) {
    return await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  }
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
