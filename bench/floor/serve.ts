// The bare pipe's gateway: one subscriber, a default stream of bytes for each reader, nothing else. Argument: URL of the
// pub/sub. Prints its port.
import { Redis } from "ioredis";
import { floorKeys } from "./keys.ts";

const subscriber = new Redis(process.argv[2] ?? "");
const readers = new Map<string, Set<ReadableStreamDefaultController<Uint8Array>>>();
const encoder = new TextEncoder();

subscriber.on("message", (channel: string, text: string) => {
  const bytes = encoder.encode(text);
  for (const controller of readers.get(channel) ?? []) controller.enqueue(bytes);
});

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  idleTimeout: 0,
  async fetch(request) {
    const channel = floorKeys.live(new URL(request.url).pathname.slice(1));
    let own: ReadableStreamDefaultController<Uint8Array>;
    if (!readers.has(channel)) {
      readers.set(channel, new Set());
      await subscriber.subscribe(channel);
    }
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        own = controller;
        readers.get(channel)?.add(controller);
        controller.enqueue(encoder.encode(": open\n\n"));
      },
      cancel() {
        readers.get(channel)?.delete(own);
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  },
});
console.log(server.port);
