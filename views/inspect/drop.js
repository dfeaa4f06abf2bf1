// @ts-check
/// <reference lib="dom" />
// A recording that is dropped anywhere on the page goes into the form, and the form on its way.

/** What the server takes in; it says so as well, but only once it was sent. */
const MAX_BYTES = 16 * 1024 * 1024;

const input = document.getElementById("har");

if (input instanceof HTMLInputElement) {
  input.addEventListener("change", check);
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    const { files } = event.dataTransfer ?? {};
    if (!files?.length) return;
    event.preventDefault();
    input.files = files;
    check();
    input.form?.requestSubmit();
  });
}

function check() {
  if (!(input instanceof HTMLInputElement)) return;
  const isLarge = (input.files?.[0]?.size ?? 0) > MAX_BYTES;
  input.setCustomValidity(isLarge ? "It is larger than 16 MiB; mock-oauth judge takes any size." : "");
}
