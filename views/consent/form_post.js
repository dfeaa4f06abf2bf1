// @ts-check
/// <reference lib="dom" />
// Sends the form of an authorization response at once (OAuth 2.0 Form Post Response Mode).

const form = document.getElementById("form-post");
if (form instanceof HTMLFormElement) form.submit();
