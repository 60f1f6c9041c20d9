import { signal } from "@preact/signals";
import { token } from "../state/session.ts";

interface Frame {
  readonly hd: { readonly event: string; readonly role: string; readonly id?: string };
  readonly bd: Readonly<Record<string, unknown>>;
}

export interface Said {
  readonly id: string;
  readonly role: string;
  readonly text: string;
}

const backMs = { first: 400, most: 8000 };
const typingMs = 2500;

const textOf = (value: unknown) => (typeof value === "string" ? value : "");

/** One place in a room: its socket, which comes back by itself with what it missed, and what is seen from there. */
export function takeSeat(sid: string, role: string) {
  const said = signal<readonly Said[]>([]);
  /** What the model says at the moment. */
  const answer = signal<string | undefined>(undefined);
  const typing = signal<string | undefined>(undefined);
  const problem = signal<string | undefined>(undefined);
  /** What was said last, once it is refused: it goes back to whoever wrote it. */
  const refused = signal("");
  const state = signal<"connecting" | "open" | "closed">("connecting");
  let socket: WebSocket | undefined;
  let isLeft = false;
  let tries = 0;
  let typingTimer: ReturnType<typeof setTimeout> | undefined;
  let typedAt = 0;
  let lastSent = "";
  /** Of the answer's next part. */
  let nextSeq = 1;

  const hear = ({ hd, bd }: Frame) => {
    const text = textOf(bd["text"]);
    switch (hd.event) {
      case "chat.message":
      case "llm.response":
        if (hd.event === "llm.response") answer.value = undefined;
        if (hd.role === typing.value) typing.value = undefined;
        if (hd.role === role) lastSent = "";
        if (hd.id !== undefined) said.value = [...said.value, { id: hd.id, role: hd.role, text }];
        return;
      case "llm.start":
        answer.value = "";
        nextSeq = 1;
        return;
      case "llm.streaming": {
        if (bd["reset"] === true) nextSeq = Number(bd["seq"]);
        // who missed some of it, after a line that broke, waits for the whole answer
        const isNext = Number(bd["seq"]) === nextSeq;
        const before = bd["reset"] === true || !isNext ? "" : (answer.value ?? "");
        answer.value = isNext ? before + textOf(bd["delta"]) : "";
        if (isNext) nextSeq++;
        return;
      }
      case "typing":
        clearTimeout(typingTimer);
        typing.value = bd["on"] === false ? undefined : hd.role;
        typingTimer = setTimeout(() => (typing.value = undefined), typingMs);
        return;
      case "llm.error":
      case "error":
        if (hd.event === "llm.error") answer.value = undefined;
        else refused.value = lastSent;
        problem.value = textOf(bd["code"]);
    }
  };

  const connect = () => {
    state.value = "connecting";
    const last = said.value.at(-1)?.id;
    const from = last === undefined ? "replay=50" : `since=${last}`;
    const url = new URL(`/v1/session/chat?sid=${sid}&role=${role}&${from}`, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    socket = new WebSocket(url, token.value === undefined ? [] : ["bearer", token.value]);
    socket.onopen = () => {
      tries = 0;
      state.value = "open";
    };
    socket.onmessage = ({ data }) => hear(JSON.parse(String(data)) as Frame);
    socket.onclose = () => {
      state.value = "closed";
      answer.value = undefined;
      nextSeq = 0;
      if (isLeft) return;
      const waitMs = Math.min(backMs.most, backMs.first * 2 ** tries++);
      setTimeout(() => !isLeft && connect(), waitMs * (0.5 + Math.random()));
    };
  };
  const send = (event: string, bd: Readonly<Record<string, unknown>>) => {
    socket?.send(JSON.stringify({ hd: { event, role }, bd }));
  };
  const speak = (event: string, name: string, text: string) => {
    problem.value = undefined;
    refused.value = "";
    lastSent = text;
    send(event, { [name]: text });
  };
  connect();
  return {
    role,
    said,
    answer,
    typing,
    problem,
    state,
    refused,
    say: (text: string) => speak("chat.message", "text", text),
    ask: (prompt: string) => speak("llm.invoke", "prompt", prompt),
    type: () => {
      if (state.value !== "open" || Date.now() - typedAt < 1000) return;
      typedAt = Date.now();
      send("typing", { on: true });
    },
    leave: () => {
      isLeft = true;
      clearTimeout(typingTimer);
      socket?.close();
    },
  };
}
export type Seat = ReturnType<typeof takeSeat>;
