/**
 * What a listener that cannot forget has heard of an answer. Where a worker dies the next attempt starts over: as far as
 * it says the same, nothing is said twice; where it does not, nothing more can be said.
 */
export class Words {
  /** What was said aloud. */
  #heard = "";
  /** What the running attempt said. */
  #text = "";
  #isOff = false;

  /** Characters said aloud. */
  get said(): number {
    return this.#heard.length;
  }

  /** Takes the attempt's next words; returns what is to be said aloud now. */
  add(text: string): string {
    this.#text += text;
    return this.#isOff ? "" : this.#news();
  }

  /** Another attempt begins, with this text. */
  restart(text: string): string {
    this.#text = text;
    this.#isOff = false;
    return this.#news();
  }

  /** What is left to say of the whole answer; undefined when it begins otherwise than what was heard. */
  finish(reply: string): string | undefined {
    if (!reply.startsWith(this.#heard)) return undefined;
    const rest = reply.slice(this.#heard.length);
    this.#heard = reply;
    return rest;
  }

  #news(): string {
    if (this.#text.length <= this.#heard.length) {
      this.#isOff = !this.#heard.startsWith(this.#text);
      return "";
    }
    if (!this.#text.startsWith(this.#heard)) {
      this.#isOff = true;
      return "";
    }
    const news = this.#text.slice(this.#heard.length);
    this.#heard = this.#text;
    return news;
  }
}
