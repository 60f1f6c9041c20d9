// A process that holds many readers on raw sockets: told by its parent what to open, asked what came.
import { Histogram } from "./histogram.ts";
import { nowMs } from "./stamp.ts";
import { StreamReader, type Tally } from "./stream.ts";

export interface OpenOrder {
  readonly name: string;
  readonly port: number;
  /** Request line and headers, without the blank line. */
  readonly head: string;
}
export type Order =
  | { readonly word: "open"; readonly streams: readonly OpenOrder[] }
  /** Closes this many of the open ones, all of them when left out; without the blame of an early end. */
  | { readonly word: "leave"; readonly count?: number }
  /** Asks for a report; `fresh` starts the counts anew, those of flaws excepted. */
  | { readonly word: "report"; readonly fresh: boolean };

export interface Report {
  readonly open: number;
  readonly done: number;
  readonly failed: number;
  readonly ages: ReturnType<Histogram["toJSON"]>;
  readonly frames: number;
  readonly started: number;
  readonly tokens: number;
  readonly bytes: number;
  readonly wrong: readonly string[];
  readonly wrongCount: number;
  /** Streams that ended since the last report, when (ms since 1970), and the hash of the answer they were told. */
  readonly ended: readonly (readonly [name: string, at: number, sha256: string])[];
}

let ended: [string, number, string][] = [];
const newTally = (): Tally => ({
  ages: new Histogram(),
  frames: 0,
  started: 0,
  tokens: 0,
  bytes: 0,
  wrong: [],
  wrongCount: 0,
});
const tally = newTally();
let done = 0;
let failed = 0;
const open = new Map<Bun.Socket<StreamReader>, StreamReader>();
/** At once; a burst of thousands would overflow the listener's backlog. */
const connecting = { count: 0, most: 200 };
const waiting: OpenOrder[] = [];

function pump(): void {
  while (connecting.count < connecting.most) {
    const next = waiting.shift();
    if (!next) return;
    connecting.count += 1;
    connect(next).catch(() => (failed += 1));
  }
}

async function connect({ name, port, head }: OpenOrder): Promise<void> {
  let isWaiting = true;
  const go = () => {
    if (!isWaiting) return;
    isWaiting = false;
    connecting.count -= 1;
    pump();
  };
  try {
    await Bun.connect<StreamReader>({
      hostname: "127.0.0.1",
      port,
      socket: {
        open(socket) {
          socket.data = new StreamReader(name, tally);
          open.set(socket, socket.data);
          socket.write(`${head}\r\n\r\n`);
        },
        data(socket, data) {
          go();
          const reader = socket.data;
          const wasDone = reader.isDone;
          reader.feed(data);
          if (!reader.isDone || wasDone) return;
          done += 1;
          ended.push([reader.name, nowMs(), reader.sha256]);
          open.delete(socket);
          socket.end();
        },
        close(socket) {
          go();
          if (open.delete(socket)) socket.data.close();
        },
        error() {
          go();
          failed += 1;
        },
      },
    });
  } catch (cause) {
    go();
    throw cause;
  }
}

function leave(count = open.size): void {
  for (const socket of [...open.keys()].slice(0, count)) {
    open.delete(socket);
    socket.terminate();
  }
}

process.on("message", (order: Order) => {
  switch (order.word) {
    case "open":
      waiting.push(...order.streams);
      pump();
      break;
    case "leave":
      leave(order.count);
      break;
    case "report": {
      const report: Report = {
        open: open.size,
        done,
        failed,
        ...tally,
        ages: tally.ages.toJSON(),
        ended,
      };
      process.send?.(report);
      ended = [];
      if (order.fresh) {
        // a flaw is never forgotten, whenever somebody looks
        const { wrong, wrongCount } = tally;
        Object.assign(tally, newTally(), { wrong, wrongCount });
      }
      break;
    }
  }
});
process.on("disconnect", () => process.exit(0));
