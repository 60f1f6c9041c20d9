import type { Histogram } from "./histogram.ts";
import { ChunkedBody } from "./chunked.ts";
import { agesOf } from "./stamp.ts";

/** What one process of readers counts together. */
export interface Tally {
  ages: Histogram;
  frames: number;
  /** Streams that had their first token. */
  started: number;
  tokens: number;
  bytes: number;
  /** What must not happen, the first of it in words. */
  wrong: string[];
  wrongCount: number;
}

interface Event {
  readonly stage?: string;
  readonly content?: string;
  readonly seq?: number;
  readonly first_seq?: number;
  readonly accumulated?: string;
  readonly result?: { readonly sha256: string; readonly answer: string | null };
}

/** One reader's side of a stream: holds its text as a hash alone, and compares it with the ending's. */
export class StreamReader {
  readonly body = new ChunkedBody();
  /** The ending came. */
  isDone = false;
  lastId = "";
  /** Of the answer, as its ending tells it. */
  sha256 = "";
  /** When the first byte of body came, ms of `performance.now()`. */
  firstAt = 0;
  readonly name: string;
  readonly #tally: Tally;
  readonly #decoder = new TextDecoder();
  #hash: Bun.CryptoHasher | undefined;
  #rest = "";
  #hasTokens = false;

  constructor(name: string, tally: Tally) {
    this.name = name;
    this.#tally = tally;
  }

  feed(data: Buffer): void {
    this.body.feed(data, (piece) => this.#take(piece));
    const { status } = this.body;
    if (status !== undefined && status !== 200 && !this.isDone) {
      this.isDone = true;
      this.#flaw(`status ${status}`);
    }
  }

  /** The connection ended; before the ending that is a flaw. */
  close(): void {
    if (!this.isDone) this.#flaw("the stream ended before its ending");
  }

  #take(piece: Buffer): void {
    this.firstAt ||= performance.now();
    this.#tally.bytes += piece.length;
    const text = this.#rest + this.#decoder.decode(piece, { stream: true });
    const end = text.lastIndexOf("\n\n");
    if (end === -1) return void (this.#rest = text);
    this.#rest = text.slice(end + 2);
    for (const block of text.slice(0, end).split("\n\n")) this.#frame(block);
  }

  #frame(block: string): void {
    let [id, event, data] = ["", "", ""];
    for (const line of block.split("\n")) {
      if (line.startsWith("data: ")) data = line.slice(6);
      else if (line.startsWith("id: ")) id = line.slice(4);
      else if (line.startsWith("event: ")) event = line.slice(7);
    }
    if (data === "" || event === "keepalive") return;
    this.#tally.frames += 1;
    if (id !== "") {
      if (!isAfter(id, this.lastId)) this.#flaw(`${id} came after ${this.lastId}`);
      this.lastId = id;
    }
    if (event === "token") this.#token(JSON.parse(data) as Event);
    else if (event === "token_recovery") {
      this.#hash = new Bun.CryptoHasher("sha256").update(
        String((JSON.parse(data) as Event).accumulated),
      );
    } else if (event === "done") this.#end(JSON.parse(data) as Event);
  }

  #token({ content = "", seq = 0, first_seq = seq }: Event): void {
    (this.#hash ??= new Bun.CryptoHasher("sha256")).update(content);
    if (!this.#hasTokens) this.#tally.started += 1;
    this.#hasTokens = true;
    this.#tally.tokens += seq - first_seq + 1;
    for (const age of agesOf(content)) this.#tally.ages.add(age);
  }

  #end({ result }: Event): void {
    this.isDone = true;
    this.sha256 = result?.sha256 ?? "";
    const held = this.#hash?.digest("hex");
    // a reader that came after the end was given the answer whole
    if (held !== undefined && held !== result?.sha256) this.#flaw("its text is not the answer");
  }

  #flaw(what: string): void {
    this.#tally.wrongCount += 1;
    if (this.#tally.wrong.length < 20) this.#tally.wrong.push(`${this.name}: ${what}`);
  }
}

function isAfter(id: string, last: string): boolean {
  if (last === "") return true;
  const [a = 0, n = 0] = id.split("-").map(Number);
  const [b = 0, m = 0] = last.split("-").map(Number);
  return a > b || (a === b && n > m);
}
