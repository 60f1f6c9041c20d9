import { ChunkedBody } from "./chunked.ts";

/** One answer; undefined when the connection ended without a whole one. */
export interface Answered {
  readonly status: number;
  readonly head: string;
  readonly body: string;
  readonly tookMs: number;
}

/** A request on a connection of its own. `text` asks the server to close it afterwards. */
function sendOne(port: number, text: string): Promise<Answered | undefined> {
  const { promise, resolve } = Promise.withResolvers<Answered | undefined>();
  const startedAt = performance.now();
  const body = new ChunkedBody();
  const decoder = new TextDecoder();
  let [head, content] = ["", ""];
  const finish = () => {
    const { status } = body;
    const tookMs = performance.now() - startedAt;
    resolve(status === undefined ? undefined : { status, head, body: content, tookMs });
  };
  Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      open: (socket) => void socket.write(text),
      data(_socket, data) {
        if (head === "") head = data.toString("latin1").split("\r\n\r\n")[0] ?? "";
        body.feed(data, (piece) => (content += decoder.decode(piece, { stream: true })));
      },
      close: finish,
      error: finish,
    },
  }).catch(() => resolve(undefined));
  return promise;
}

/** Sends them spread evenly over this time, whether or not the ones before were answered. */
export async function sendBurst(port: number, texts: readonly string[], overMs: number) {
  const startedAt = performance.now();
  const answers: Promise<Answered | undefined>[] = [];
  while (answers.length < texts.length) {
    const due = Math.ceil(((performance.now() - startedAt) / overMs) * texts.length);
    for (const text of texts.slice(answers.length, Math.max(due, answers.length + 1)))
      answers.push(sendOne(port, text));
    await Bun.sleep(1);
  }
  const sentMs = performance.now() - startedAt;
  return { sentMs, answers: await Promise.all(answers) };
}
