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
const textOf = (value: unknown) => (typeof value === "string" ? value : "");

/** A session with the assistant: what was said in it, and its socket, which comes back by itself. */
export function openTalk(sid: string) {
  const said = signal<readonly Said[]>([]);
  /** The answer as it comes; undefined between turns. */
  const answer = signal<string | undefined>(undefined);
  const stage = signal<string | undefined>(undefined);
  const problem = signal<string | undefined>(undefined);
  const state = signal<"connecting" | "open" | "closed">("connecting");
  /** From the message to the first words of its answer, ms. */
  const firstMs = signal<number | undefined>(undefined);
  let socket: WebSocket | undefined;
  let isLeft = false;
  let tries = 0;
  let sentAt = 0;
  let count = 0;

  const add = (role: Said["role"], text: string, isCut = false) => {
    said.value = [...said.value, { id: `${count++}`, role, text, isCut }];
  };
  const over = () => {
    answer.value = undefined;
    stage.value = undefined;
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
        over();
        add("assistant", textOf(frame["reply"]));
        return;
      case "error":
        if (frame["code"] === "cancelled" && answer.value) add("assistant", answer.value, true);
        if (frame["code"] !== "busy") over();
        problem.value = textOf(frame["code"]);
    }
  };

  /** What the session holds: also after a turn whose end was missed. */
  const load = async () => {
    const path = `/api/v1/assistant/sessions/${sid}/messages?limit=200`;
    const headers = token.value === undefined ? {} : { authorization: `Bearer ${token.value}` };
    const response = await fetch(path, { headers });
    if (!response.ok) return; // a new session is an unknown one
    const { messages } = (await response.json()) as {
      messages: { role: Said["role"]; content: string; interrupted?: true }[];
    };
    if (answer.value !== undefined || isLeft) return;
    said.value = [];
    for (const one of messages) add(one.role, one.content, one.interrupted);
  };

  const connect = () => {
    state.value = "connecting";
    const url = new URL("/api/v1/assistant/ws?format=json", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    socket = new WebSocket(url, token.value === undefined ? [] : ["bearer", token.value]);
    socket.onopen = () => {
      tries = 0;
      state.value = "open";
      void load().catch(() => {});
    };
    socket.onmessage = ({ data }) => hear(JSON.parse(String(data)) as Frame);
    socket.onclose = () => {
      state.value = "closed";
      over();
      if (isLeft) return;
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
    say: (message: string) => {
      problem.value = undefined;
      firstMs.value = undefined;
      answer.value = "";
      sentAt = performance.now();
      add("user", message);
      socket?.send(JSON.stringify({ message, session_id: sid }));
    },
    cancel: () => socket?.send(JSON.stringify({ type: "cancel" })),
    leave: () => {
      isLeft = true;
      socket?.close();
    },
  };
}
export type Talk = ReturnType<typeof openTalk>;
