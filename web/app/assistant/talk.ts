import { signal } from "@preact/signals";
import { token } from "../state/session.ts";

type Frame = Readonly<Record<string, unknown>> & { readonly type: string };

export interface Said {
  readonly id: string;
  readonly role: "user" | "assistant";
  readonly text: string;
  readonly isCut: boolean;
}

const backMs = { first: 400, most: 8000 };
/** An answer whose line broke is asked for this often, and for so long: a turn's own limit. */
const missedMs = { pause: 1500, most: 120_000 };
/** After these a turn is as if it had never been. */
const notTaken = new Set(["session_busy", "rate_limited", "llm_unavailable", "internal"]);
const textOf = (value: unknown) => (typeof value === "string" ? value : "");

/** A session with the assistant: what was said in it, and its socket, which comes back by itself. */
export function openTalk(sid: string) {
  const said = signal<readonly Said[]>([]);
  /** The answer as it comes; undefined between turns. */
  const answer = signal<string | undefined>(undefined);
  const stage = signal<string | undefined>(undefined);
  const problem = signal<string | undefined>(undefined);
  /** A question that was not taken: it goes back to whoever asked it. */
  const refused = signal("");
  const state = signal<"connecting" | "open" | "closed">("connecting");
  /** From the message to the first words of its answer, ms. */
  const firstMs = signal<number | undefined>(undefined);
  /** The line broke in a turn, which goes on without us: its answer will be in the session. */
  const isMissing = signal(false);
  let socket: WebSocket | undefined;
  let isLeft = false;
  let tries = 0;
  let sentAt = 0;
  let count = 0;
  /** Messages the session holds, as far as we know. */
  let stored = 0;
  let missingSince = 0;
  let loadTimer: ReturnType<typeof setTimeout> | undefined;

  const add = (role: Said["role"], text: string, isCut = false) => {
    said.value = [...said.value, { id: `${count++}`, role, text, isCut }];
  };
  const over = () => {
    answer.value = undefined;
    stage.value = undefined;
    if (isMissing.value) void load();
  };

  const hear = (frame: Frame) => {
    switch (frame.type) {
      case "stage":
        stage.value = textOf(frame["stage"]);
        return;
      case "token":
        firstMs.value ??= performance.now() - sentAt;
        answer.value = (answer.value ?? "") + textOf(frame["content"]);
        return;
      case "reset":
        answer.value = textOf(frame["content"]);
        return;
      case "done":
        stored += 2;
        over();
        add("assistant", textOf(frame["reply"]));
        return;
      case "error":
        if (frame["code"] === "cancelled" && answer.value) {
          stored += 2;
          add("assistant", answer.value, true);
        }
        if (notTaken.has(textOf(frame["code"]))) {
          refused.value = said.value.at(-1)?.text ?? "";
          said.value = said.value.slice(0, -1);
        }
        if (frame["code"] !== "busy") over();
        problem.value = textOf(frame["code"]);
    }
  };

  /** Shows what the session holds; after a line that broke in a turn, once it holds that turn, too. */
  const load = async (): Promise<void> => {
    clearTimeout(loadTimer);
    const messages = await held().catch(() => undefined);
    if (answer.value !== undefined || isLeft) return;
    const isLate = performance.now() - missingSince > missedMs.most;
    if (isMissing.value && !isLate && (messages === undefined || messages.length <= stored)) {
      loadTimer = setTimeout(() => void load(), missedMs.pause);
      return;
    }
    isMissing.value = false;
    if (messages === undefined) return;
    stored = messages.length;
    said.value = [];
    for (const one of messages) add(one.role, one.content, one.interrupted);
  };
  const held = async () => {
    const path = `/api/v1/assistant/sessions/${sid}/messages?limit=200`;
    const headers = token.value === undefined ? {} : { authorization: `Bearer ${token.value}` };
    const response = await fetch(path, { headers });
    if (response.status === 404) return []; // a new session is an unknown one
    if (!response.ok) return undefined;
    const { messages } = (await response.json()) as {
      messages: { role: Said["role"]; content: string; interrupted?: true }[];
    };
    return messages;
  };

  const connect = () => {
    state.value = "connecting";
    const url = new URL("/api/v1/assistant/ws?format=json", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    socket = new WebSocket(url, token.value === undefined ? [] : ["bearer", token.value]);
    socket.onopen = () => {
      tries = 0;
      state.value = "open";
      void load();
    };
    socket.onmessage = ({ data }) => hear(JSON.parse(String(data)) as Frame);
    socket.onclose = () => {
      state.value = "closed";
      if (isLeft) return;
      if (answer.value !== undefined) {
        isMissing.value = true;
        missingSince = performance.now();
      }
      answer.value = undefined;
      stage.value = undefined;
      const waitMs = Math.min(backMs.most, backMs.first * 2 ** tries++);
      setTimeout(() => !isLeft && connect(), waitMs * (0.5 + Math.random()));
    };
  };
  connect();
  return {
    said,
    answer,
    stage,
    problem,
    state,
    firstMs,
    isMissing,
    refused,
    say: (message: string) => {
      problem.value = undefined;
      refused.value = "";
      firstMs.value = undefined;
      answer.value = "";
      sentAt = performance.now();
      add("user", message);
      socket?.send(JSON.stringify({ message, session_id: sid }));
    },
    cancel: () => socket?.send(JSON.stringify({ type: "cancel" })),
    leave: () => {
      isLeft = true;
      clearTimeout(loadTimer);
      socket?.close();
    },
  };
}
export type Talk = ReturnType<typeof openTalk>;
