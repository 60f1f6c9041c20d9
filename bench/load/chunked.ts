/** Takes HTTP/1.1 answers apart as cheaply as it can be done right: a head, then a body, chunked or whole. */
export class ChunkedBody {
  #rest: Buffer | undefined;
  #head: string | undefined;
  #left = 0;
  #isChunked = true;
  /** Body bytes, chunk sizes left out. */
  bytes = 0;
  /** The last chunk was seen. */
  isOver = false;

  /** Status of the answer; undefined until its head is whole. */
  get status(): number | undefined {
    return this.#head === undefined ? undefined : Number(this.#head.slice(9, 12));
  }

  /** Hands every piece of body to `onBody`. */
  feed(data: Buffer, onBody: (piece: Buffer) => void): void {
    let input = this.#rest ? Buffer.concat([this.#rest, data]) : data;
    this.#rest = undefined;
    if (this.#head === undefined) {
      const end = input.indexOf("\r\n\r\n");
      if (end === -1) return void (this.#rest = Buffer.from(input));
      this.#head = input.toString("latin1", 0, end);
      this.#isChunked = /transfer-encoding: chunked/i.test(this.#head);
      input = input.subarray(end + 4);
    }
    if (!this.#isChunked) {
      this.bytes += input.length;
      if (input.length > 0) onBody(input);
      return;
    }
    let at = 0;
    while (at < input.length && !this.isOver) {
      if (this.#left > 0) {
        const piece = input.subarray(at, at + this.#left);
        this.#left -= piece.length;
        at += piece.length;
        this.bytes += piece.length;
        onBody(piece);
        continue;
      }
      // the line end of the chunk before, then the size line
      const from = input[at] === 13 ? at + 2 : at;
      const end = input.indexOf("\r\n", from);
      if (end === -1) break;
      this.#left = Number.parseInt(input.toString("latin1", from, end), 16);
      if (this.#left === 0) this.isOver = true;
      at = end + 2;
    }
    // the runtime may use the buffer again
    if (at < input.length && !this.isOver) this.#rest = Buffer.from(input.subarray(at));
  }
}
