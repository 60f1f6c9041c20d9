/** One server-sent event. */
export interface ServerEvent {
  /** `event:` field, "" when there was none. */
  readonly event: string;
  /** `data:` lines joined by newlines. */
  readonly data: string;
  /** False: the body ended inside this event. */
  readonly isWhole: boolean;
}

/** One event larger than this is an attack or a bug, characters. */
const maxEventChars = 4 * 1024 * 1024;

/**
 * Events of a body whose chunks may end anywhere: inside a character, a line, a CRLF. Comments and unknown
 * fields are skipped, events without data too. What stands at the end without its blank line still comes
 * out, marked. Throws RangeError when one event grows past 4 Mi characters.
 */
export async function* readEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  let event = "";
  let data: string[] = [];
  let held = 0;

  /** The event a blank line completes. */
  const takeLine = (line: string): ServerEvent | undefined => {
    if (line === "") {
      const whole = data.length > 0 ? { event, data: data.join("\n"), isWhole: true } : undefined;
      event = "";
      data = [];
      held = 0;
      return whole;
    }
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const from = line[colon + 1] === " " ? colon + 2 : colon + 1;
    const value = colon < 0 ? "" : line.slice(from);
    if (name === "data") {
      data.push(value);
      held += value.length;
    } else if (name === "event") event = value;
    return undefined;
  };

  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    if (rest.length + held > maxEventChars) throw new RangeError("an event is too large");
    let from = 0;
    for (let end = lineEnd(rest, from); end >= 0; end = lineEnd(rest, from)) {
      // a CR at the very end may be half of a CRLF: wait for what follows
      if (rest[end] === "\r" && end === rest.length - 1) break;
      const complete = takeLine(rest.slice(from, end));
      from = end + (rest[end] === "\r" && rest[end + 1] === "\n" ? 2 : 1);
      if (complete) yield complete;
    }
    rest = rest.slice(from);
  }
  rest += decoder.decode();
  const lines = rest.split(/\r\n|\r|\n/);
  if (lines.at(-1) === "") lines.pop(); // what follows the last line's end is no line
  for (const line of lines) {
    const complete = takeLine(line);
    if (complete) yield complete;
  }
  if (data.length > 0) yield { event, data: data.join("\n"), isWhole: false };
}

/** Where the next line ends, -1 when it does not yet. */
function lineEnd(text: string, from: number): number {
  const newline = text.indexOf("\n", from);
  const carriage = text.indexOf("\r", from);
  if (newline < 0 || carriage < 0) return Math.max(newline, carriage);
  return Math.min(newline, carriage);
}
