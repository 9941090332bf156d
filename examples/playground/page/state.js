"use strict";
// What is on the page as a link, and back: in the fragment, which browsers don't send to any server.

async function packed(state) {
  const bytes = new TextEncoder().encode(JSON.stringify(state));
  return base64url(await through(bytes, new CompressionStream("deflate-raw")));
}

async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const state = JSON.parse(new TextDecoder().decode(await through(bytes, new DecompressionStream("deflate-raw"))));
  if (typeof state.policy !== "string" || typeof state.call !== "string") throw new Error("not a state");
  return state;
}

// A link is made by anybody: it may not grow without bound when it is opened.
const MAX_STATE = 4 * 1024 * 1024;

async function through(bytes, stream) {
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
  const parts = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > MAX_STATE) throw new Error("too large");
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function base64url(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
