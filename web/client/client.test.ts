import { afterEach, beforeEach, expect, test } from "bun:test";
import { type ProtocolServer, startProtocolServer } from "../testing/protocol-server.ts";
import { createClient } from "./client.ts";
import { ApiError } from "./request.ts";

let server: ProtocolServer;
beforeEach(() => {
  server = startProtocolServer();
});
afterEach(() => server.stop());

test("sending tries again with the same key, and the job is one", async () => {
  server.refuseSends = [
    new Response(null, { status: 503 }),
    server.refuse(503, "JOB_SUBMIT_FAILED"),
  ];
  const client = createClient({ baseUrl: server.url });
  const chat = await client.chats.create();
  const one = await client.send(chat.id, { message: "a" }, { idempotencyKey: "k" });
  const two = await client.send(chat.id, { message: "a" }, { idempotencyKey: "k" });
  expect(two.job_id).toBe(one.job_id);
  expect(server.logs.size).toBe(1);
});

test.each([
  { status: 422, code: "VALIDATION_ERROR" },
  { status: 404, code: "CHAT_NOT_FOUND" },
])("a refusal that would come again is not tried again: $code", async ({ status, code }) => {
  const client = createClient({ baseUrl: server.url });
  const chat = await client.chats.create();
  server.refuseSends = [server.refuse(status, code)];
  const error: unknown = await client.send(chat.id, { message: "a" }).catch((it: unknown) => it);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ status, code, requestId: "test", isPassing: false });
  expect(server.sent).toHaveLength(0);
});

test("a server that is not there is status 0, and worth another try", async () => {
  const gone = createClient({ baseUrl: "http://127.0.0.1:9" });
  const error: unknown = await gone.chats.list().catch((it: unknown) => it);
  expect(error).toMatchObject({ status: 0, code: "NETWORK", isPassing: true });
});

test("chats are listed by pages, renamed and removed", async () => {
  const client = createClient({ baseUrl: server.url, getToken: () => Promise.resolve("a.b.c") });
  for (let i = 0; i < 3; i += 1) await client.chats.create();
  const first = await client.chats.list({ limit: 2 });
  const second = await client.chats.list({ limit: 2, cursor: first.next_cursor ?? undefined });
  expect([...first.chats, ...second.chats]).toHaveLength(3);
  expect(second.next_cursor).toBeNull();
  const id = first.chats[0]?.id ?? "";
  await client.chats.rename(id, "새 이름");
  expect((await client.history(id)).title).toBe("새 이름");
  await client.chats.remove(id);
  expect(server.chats).toHaveLength(2);
});
