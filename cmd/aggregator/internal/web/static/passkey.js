// SPDX-License-Identifier: Apache-2.0
// A form with data-passkey carries what is asked of the person's device; the answer leaves with the form. Without
// this script, or on a browser that knows no passkeys, the button stays hidden and codes work as before.
"use strict";
for (const form of document.querySelectorAll("form[data-passkey]")) {
  const making = form.dataset.passkey === "new";
  const button = form.querySelector("button.passkey");
  const known = window.PublicKeyCredential;
  if (!known || !known.parseCreationOptionsFromJSON || !known.parseRequestOptionsFromJSON) {
    continue;
  }
  for (const part of form.querySelectorAll("[data-with-script]")) {
    part.hidden = false;
  }
  button.addEventListener("click", async (event) => {
    event.preventDefault();
    const unneeded = form.querySelectorAll("[data-without-passkey]");
    unneeded.forEach((field) => { field.required = false; });
    if (!form.reportValidity()) {
      unneeded.forEach((field) => { field.required = true; });
      return;
    }
    const failure = form.querySelector(".passkey-failed");
    failure.hidden = true;
    try {
      const options = JSON.parse(form.dataset.options);
      const answer = making
        ? await navigator.credentials.create({ publicKey: known.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: known.parseRequestOptionsFromJSON(options) });
      form.elements.namedItem("passkey").value = JSON.stringify(answer.toJSON());
      form.submit();
    } catch {
      unneeded.forEach((field) => { field.required = true; });
      failure.hidden = false;
      failure.focus();
    }
  });
}
