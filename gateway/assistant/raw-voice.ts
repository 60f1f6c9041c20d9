// The frames of old clients: the words themselves, then [DONE]; or one error, and no [DONE].
import type { LocalError, Voice } from "./voice.ts";
import { assistant as limits } from "../../shared/limits.ts";
import { Words } from "./words.ts";

export const doneFrame = "[DONE]";

const texts: Readonly<Record<LocalError, string>> = {
  bad_payload: "bad payload",
  empty_message: "empty message",
  busy: "busy",
  session_busy: "session busy",
  rate_limited: "rate limited",
  llm_unavailable: "llm unavailable",
  timeout: "timeout",
  cancelled: "cancelled",
  internal: "internal",
};

/** By code points: none is cut in two. */
const pieceOf = new RegExp(`.{1,${limits.frameChars}}`, "gsu");

/** Tokens gather a little: at most 50 ms, at most 64 characters. The first one of a turn does not wait. */
export function rawVoice(send: (text: string) => void): Voice {
  let words = new Words();
  let waiting = "";
  let timer: ReturnType<typeof setTimeout> | undefined;

  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const text = waiting;
    waiting = "";
    if (text !== "") for (const frame of framesOf(text)) send(frame);
  };
  const say = (text: string) => {
    if (text === "") return;
    const isFirst = words.said === text.length && timer === undefined && waiting === "";
    waiting += text;
    if (isFirst || waiting.length >= limits.frameChars) flush();
    else timer ??= setTimeout(flush, limits.frameMs);
  };

  return {
    begin: () => (words = new Words()),
    stage() {},
    token: (text) => say(words.add(text)),
    reset: (text) => say(words.restart(text)),
    /** False: what was said is not how the answer begins. Another attempt said something else. */
    done(reply) {
      const rest = words.finish(reply);
      if (rest === undefined) {
        flush();
        return false;
      }
      say(rest);
      flush();
      send(doneFrame);
      return true;
    },
    error(code) {
      flush();
      send(JSON.stringify({ error: texts[code] }));
    },
    close() {
      clearTimeout(timer);
      timer = undefined;
      waiting = "";
    },
  };
}

/** Pieces of at most 64 characters. One that would be taken for a frame of ours goes out in two. */
export function framesOf(text: string): string[] {
  const pieces = text.match(pieceOf) ?? [];
  return pieces.flatMap((piece) => {
    const isOurs = piece === doneFrame || /^\{"error":"[a-z ]*"\}$/.test(piece);
    return isOurs ? [piece.slice(0, -1), piece.slice(-1)] : piece;
  });
}
