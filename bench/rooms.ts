import { openSocket, type TestSocket } from "../gateway/testing/ws-client.ts";
import { startStack } from "../tests/stack.ts";
import { type Figure, isMet, percentile, table } from "./figures.ts";
import { rssMb } from "./memory.ts";

const wanted = {
  sockets: 1000,
  rooms: 100,
  perSecond: 500,
  seconds: 20,
  warm: 50,
  settleSeconds: 15,
};

export const roomsUsage = `rooms   ${wanted.sockets} sockets in ${wanted.rooms} rooms, ${wanted.perSecond} messages a second`;

interface Heard {
  readonly hd: { readonly event: string };
  readonly bd: { readonly at?: number; readonly code?: string };
}

/** Delivery latency and memory of many sockets in one gateway. True when every bar is met and nothing was lost. */
export async function rooms(): Promise<boolean> {
  const stack = await startStack([], {
    ROOM_MESSAGES_PER_10S: "100000",
    // 1,000 sockets come from one address
    LIMIT_ADDRESS_REQUESTS_PER_SECOND: "100000",
  });
  try {
    const file = stack.file();
    const url = file.base_url.replace("http", "ws");
    const nameOf = (index: number) => `bench-${index % wanted.rooms}`;
    // what the first sockets bring into the process is no socket's own; openings leave garbage, which takes its time
    const warm = await Promise.all(
      Array.from({ length: wanted.warm }, (_, i) =>
        openSocket(`${url}/v1/session/chat?sid=${nameOf(i)}`),
      ),
    );
    await Bun.sleep(wanted.settleSeconds * 1000);
    const before = rssMb(file.pids.gateway) ?? Number.NaN;
    const sockets: TestSocket[] = [];
    while (sockets.length < wanted.sockets) {
      const from = sockets.length;
      const some = Array.from({ length: 50 }, (_, i) =>
        openSocket(`${url}/v1/session/chat?sid=${nameOf(from + i)}`),
      );
      sockets.push(...(await Promise.all(some)));
    }
    await Bun.sleep(wanted.settleSeconds * 1000);
    const idle = rssMb(file.pids.gateway) ?? Number.NaN;
    for (const socket of warm) socket.close();
    await Bun.sleep(500);

    const latencies: number[] = [];
    let errors = 0;
    for (const { raw } of sockets) {
      raw.removeAllListeners("message");
      raw.on("message", (data) => {
        const now = performance.now();
        const { hd, bd } = JSON.parse((data as Buffer).toString()) as Heard;
        if (hd.event === "error") errors++;
        else if (bd.at !== undefined) latencies.push(now - bd.at);
      });
    }
    const total = wanted.perSecond * wanted.seconds;
    const startedAt = performance.now();
    for (let sent = 0; sent < total;) {
      const due = Math.min(total, ((performance.now() - startedAt) / 1000) * wanted.perSecond);
      for (; sent < due; sent++) {
        const bd = { text: `message ${sent}`, at: performance.now() };
        sockets[sent % wanted.sockets]?.send({ hd: { event: "chat.message" }, bd });
      }
      await Bun.sleep(2);
    }
    const expected = total * (wanted.sockets / wanted.rooms);
    for (let waited = 0; latencies.length < expected && waited < 15_000; waited += 50)
      await Bun.sleep(50);
    for (const socket of sockets) socket.close();
    const perSocketKb = ((idle - before) * 1024) / wanted.sockets;
    const figures: Figure[] = [
      { name: "delivery p50", value: percentile(latencies, 0.5), unit: "ms", bar: undefined },
      { name: "delivery p95", value: percentile(latencies, 0.95), unit: "ms", bar: 25 },
      { name: "delivery p99", value: percentile(latencies, 0.99), unit: "ms", bar: undefined },
      { name: "RSS per idle socket", value: perSocketKb, unit: "KB", bar: 20 },
      { name: "deliveries missing", value: expected - latencies.length, unit: "", bar: 0 },
      { name: "errors", value: errors, unit: "", bar: 0 },
    ];
    console.log(table(figures));
    return figures.every(isMet);
  } finally {
    await stack.stop();
  }
}
