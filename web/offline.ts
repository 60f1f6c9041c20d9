/**
 * The service worker: the page itself opens without a network. It keeps the page's own files and nothing else;
 * whatever is asked of the server goes to the server, chats are kept by the page (`state/local-messages.ts`).
 */
interface Waiting extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Asked extends Waiting {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Worker {
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
  addEventListener(name: "install" | "activate", listener: (event: Waiting) => void): void;
  addEventListener(name: "fetch", listener: (event: Asked) => void): void;
}
const worker = globalThis as unknown as Worker;

const cacheName = "page";
const assetsIn = (html: string): string[] => [...new Set(html.match(/\/assets\/[\w.-]+/g))];

/** Keeps this index and what stands in it; files of older versions go. Parts loaded later are kept when used. */
async function keep(index: Response): Promise<void> {
  const cache = await caches.open(cacheName);
  const html = await index.clone().text();
  const before = await cache.match("/");
  if (before && (await before.text()) === html) return;
  await cache.addAll(assetsIn(html));
  await cache.put("/", index);
  const wanted = new Set(["/", ...assetsIn(html)]);
  for (const request of await cache.keys()) {
    if (!wanted.has(new URL(request.url).pathname)) await cache.delete(request);
  }
}

/** The newest page where there is a network, the kept one where there is none. */
async function openPage(event: Asked): Promise<Response> {
  try {
    const index = await fetch(event.request);
    if (index.ok) event.waitUntil(keep(index.clone()));
    return index;
  } catch (cause) {
    const kept = await caches.match("/");
    if (kept) return kept;
    throw cause;
  }
}

/** The name of an asset carries its hash: a kept one is right for ever. */
async function readAsset(event: Asked): Promise<Response> {
  const kept = await caches.match(event.request);
  if (kept) return kept;
  const asset = await fetch(event.request);
  if (asset.ok) {
    const copy = asset.clone();
    event.waitUntil(caches.open(cacheName).then((cache) => cache.put(event.request, copy)));
  }
  return asset;
}

worker.addEventListener("install", (event) => {
  event.waitUntil(
    fetch("/", { cache: "no-cache" })
      .then(keep)
      .then(() => worker.skipWaiting()),
  );
});
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== location.origin) return;
  if (mode === "navigate" && pathname === "/") event.respondWith(openPage(event));
  else if (pathname.startsWith("/assets/")) event.respondWith(readAsset(event));
});
