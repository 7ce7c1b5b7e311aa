// The portal without a network. Pages come from the network; where there is none, or none in time, from what this person's
// pages have kept of themselves (page.js). What all pages share comes from the telephone first: its addresses change with
// its contents. Nothing is kept here, and nothing but the portal passes here.
"use strict";
const SHELL = "crew-shell";
const PAGES = "crew-pages-";
const PATIENCE = 6000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (["script", "style", "image"].includes(request.destination)) event.respondWith(shared(request));
});

async function page(request) {
  const late = new Promise((resolve) => { setTimeout(resolve, PATIENCE); });
  const arrives = fetch(request);
  // A proxy that answers for a server which is away is no network either.
  const first = await Promise.race([arrives, late]).catch(() => null);
  if (first && first.status < 502) return first;
  return (await keptPage(request)) || (first ?? arrives.catch(() => neverSeen()));
}
async function keptPage(request) {
  const ignoreSearch = new URL(request.url).pathname.includes("/tickets/");
  for (const name of await caches.keys()) {
    const kept = name.startsWith(PAGES) ? await (await caches.open(name)).match(request.url, { ignoreVary: true, ignoreSearch }) : null;
    if (kept) return kept;
  }
  return null;
}
async function neverSeen() {
  const kept = await caches.open(SHELL);
  const [offline] = (await kept.keys()).filter((known) => known.url.endsWith("/offline/"));
  return (offline && await kept.match(offline)) || Response.error();
}
async function shared(request) {
  const kept = await (await caches.open(SHELL)).match(request.url, { ignoreVary: true });
  return kept || fetch(request);
}
