import type { ChatSummary, ServerMessage, Topology } from "../client/wire.ts";
import { JobLog } from "./job-log.ts";

type Chat = { -readonly [K in keyof ChatSummary]: ChatSummary[K] };

/** The in-memory rest of the protocol: chats, messages and jobs. */
export interface Rest {
  readonly chats: Chat[];
  readonly messages: Map<string, ServerMessage[]>;
  readonly logs: Map<string, JobLog>;
  readonly sent: { readonly chatId: string; readonly key: string | null; readonly body: unknown }[];
  isUnauthorized: boolean;
  topology: Topology | undefined;
  /** Writes the log of a sent message; the default does nothing. */
  scene: (log: JobLog, body: Record<string, unknown>) => void | Promise<void>;
  /** Answers the next posts of messages itself. */
  refuseSends: Response[];
  refuse(status: number, code: string): Response;
}

export function restState(): Rest {
  return {
    chats: [],
    messages: new Map(),
    logs: new Map(),
    sent: [],
    isUnauthorized: false,
    topology: undefined,
    scene: () => {},
    refuseSends: [],
    refuse: (status, code) => Response.json({ detail: code, code, request_id: "test" }, { status }),
  };
}

const page = <T>(all: readonly T[], limit: number, before: number) => {
  const end = Math.min(before, all.length);
  const start = Math.max(0, end - limit);
  return { part: all.slice(start, end), start };
};

export async function answerRest(rest: Rest, request: Request): Promise<Response> {
  const url = new URL(request.url);
  const { method } = request;
  const parts = url.pathname.split("/").slice(4);
  const [id, action] = parts;
  const limit = Number(url.searchParams.get("limit") ?? 20);
  const cursor = url.searchParams.get("cursor");
  if (!url.pathname.startsWith("/api/v1/chat")) return rest.refuse(404, "NOT_FOUND");
  if (id === undefined) {
    if (method === "POST") return createChat(rest);
    const from = Number(cursor ?? 0);
    const next = from + limit < rest.chats.length ? String(from + limit) : null;
    return Response.json({ chats: rest.chats.slice(from, from + limit), next_cursor: next });
  }
  if (id === "topology") {
    return rest.topology ? Response.json(rest.topology) : rest.refuse(404, "NOT_FOUND");
  }
  const log = rest.logs.get(id);
  if (log) return answerJob(rest, request, log, action);
  const chat = rest.chats.find((one) => one.id === id);
  if (!chat) return rest.refuse(404, "CHAT_NOT_FOUND");
  if (action === "messages") return send(rest, request, id);
  if (method === "PATCH") {
    chat.title = ((await request.json()) as { title: string }).title;
    return new Response(null, { status: 204 });
  }
  if (method === "DELETE") {
    rest.chats.splice(rest.chats.indexOf(chat), 1);
    return new Response(null, { status: 204 });
  }
  const { part, start } = page(historyOf(rest, id), limit, Number(cursor ?? Infinity));
  return Response.json({
    id,
    title: chat.title,
    messages: part,
    has_more: start > 0,
    next_cursor: start > 0 ? String(start) : null,
    created_at: chat.created_at,
  });
}

function createChat(rest: Rest): Response {
  const created_at = new Date().toISOString();
  const id = crypto.randomUUID();
  const chat = { id, title: null, preview: null, message_count: 0, created_at };
  rest.chats.unshift({ ...chat, last_message_at: null });
  return Response.json({ id, title: null, created_at }, { status: 201 });
}

async function send(rest: Rest, request: Request, chatId: string): Promise<Response> {
  const refused = rest.refuseSends.shift();
  if (refused) return refused;
  const body = (await request.json()) as Record<string, unknown>;
  const key = request.headers.get("idempotency-key");
  const before = rest.sent.findIndex((one) => one.key !== null && one.key === key);
  rest.sent.push({ chatId, key, body });
  const known = before === -1 ? undefined : [...rest.logs.values()][before];
  const log = known ?? new JobLog(crypto.randomUUID(), chatId, String(body["message"]));
  if (!known) {
    rest.logs.set(log.jobId, log);
    log.stage("queued", "started");
    const chat = rest.chats.find((one) => one.id === chatId);
    if (chat) {
      chat.preview = log.question.slice(0, 80);
      chat.last_message_at = new Date().toISOString();
      chat.message_count += 1;
    }
    void rest.scene(log, body);
  }
  const stream_url = `/api/v1/chat/${log.jobId}/events`;
  return Response.json({ job_id: log.jobId, stream_url, status: "submitted" });
}

async function answerJob(
  rest: Rest,
  request: Request,
  log: JobLog,
  action: string | undefined,
): Promise<Response> {
  const job_id = log.jobId;
  if (action === "cancel") {
    if (log.done) return rest.refuse(409, "JOB_FINISHED");
    log.isCancelled = true;
    return Response.json({ status: "cancelling", job_id }, { status: 202 });
  }
  if (action === "input") {
    log.input = await request.json();
    return Response.json({ status: "received", job_id });
  }
  const result = log.done?.data["result"] ?? null;
  const status = log.done ? log.done.data["status"] : "running";
  const progress = log.done ? 100 : 50;
  return Response.json({ job_id, status, progress, current_stage: null, result, error: null });
}

/** Rows and the jobs that have none yet. */
function historyOf(rest: Rest, chatId: string): ServerMessage[] {
  const rows = rest.messages.get(chatId) ?? [];
  const jobs = [...rest.logs.values()].filter((log) => log.chatId === chatId);
  const made = jobs.flatMap((log): ServerMessage[] => {
    const base = { image_url: null, intent: null, metadata: {} };
    const asked = String(log.events[0]?.data["ts"]);
    const at = (seconds: string) => new Date(Number(seconds) * 1000).toISOString();
    const user = { ...base, id: `${log.jobId}:user`, role: "user" as const };
    const assistant = { ...base, id: `${log.jobId}:assistant`, role: "assistant" as const };
    const question = { ...user, content: log.question, created_at: at(asked) };
    if (!log.done || log.done.data["status"] === "failed") return [question];
    const ended = at(String(log.done.data["ts"]));
    return [question, { ...assistant, content: log.text, created_at: ended }];
  });
  return [...rows, ...made];
}
