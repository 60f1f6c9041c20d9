import { SignJWT } from "jose";
import { serve } from "../../gateway/serve.ts";
import { openTestApp, testRules } from "../../gateway/testing/test-app.ts";
import { TestJob, testUser } from "../../gateway/testing/test-job.ts";
import { startRedis, testDatabase } from "../../shared/testing/services.ts";
import { type Answer, sendRaw } from "./raw-http.ts";

export const owner = testUser as string;
export const stranger = "11111111-1111-4111-8111-111111111111";
export const nobody = "00000000-0000-4000-8000-000000000000";
export const base = "/api/v1/chat";

export interface Probe {
  readonly method?: string;
  readonly path: string;
  /** Whose token goes along; null: none. */
  readonly user?: string | null;
  /** Header lines as they are, in this order; a token of `user` comes first. */
  readonly headers?: readonly string[];
  readonly body?: string | Uint8Array;
}

/** A gateway on its own port and stores, with a chat and jobs of the owner in it. */
export async function startTarget(own: Partial<Parameters<typeof openTestApp>[0]> = {}) {
  const [redis, database] = await Promise.all([startRedis(), testDatabase()]);
  const generous = { messagesPerMinute: 100_000, jobsAtOnce: 1000, streamOpensPerSecond: 10_000 };
  const use = openTestApp({
    redisUrl: redis.url,
    databaseUrl: database.url,
    limits: generous,
    ...own,
  });
  const server = serve(use.app, { port: 0, host: "127.0.0.1" });
  const made = await use.send("POST", base, { user: owner });
  const chat = ((await made.json()) as { id: string }).id;
  const running = new TestJob(use.deps.redis);
  await running.accept();
  const ended = new TestJob(use.deps.redis);
  await ended.accept();
  await ended.take();
  await ended.end();

  return {
    use,
    port: server.port,
    chat,
    running: running.jobId as string,
    ended: ended.jobId as string,
    async send(probe: Probe): Promise<Answer> {
      const { method = "GET", path, user = owner, headers = [], body } = probe;
      const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
      const given = headers.join("\n").toLowerCase();
      const lines = [
        `${method} ${path} HTTP/1.1`,
        "Host: gateway.test",
        "Connection: close",
        ...(user === null ? [] : [`Authorization: Bearer ${await tokenOf(user)}`]),
        ...headers,
        ...(bytes && !given.includes("content-type:") ? ["Content-Type: application/json"] : []),
        ...(bytes && !/content-length:|transfer-encoding:/.test(given)
          ? [`Content-Length: ${bytes.length}`]
          : []),
      ];
      const head = new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`);
      // a stream never ends by itself: its head and first frame are enough
      const isEnough = (text: string) => /text\/event-stream[^]*\r\n\r\n[^]+\n\n/.test(text);
      return sendRaw(server.port, Buffer.concat([head, bytes ?? new Uint8Array()]), isEnough);
    },
    async stop() {
      await server.drain(100);
      await use.close();
      await Promise.all([redis.stop(), database.drop()]);
    },
  };
}

/** A good token, with other claims or another header where given. */
export function tokenOf(
  user: string,
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
  secret: string = testRules.secret,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const good = {
    sub: user,
    jti: "1",
    iss: testRules.issuer,
    aud: testRules.audience,
    exp: now + 600,
  };
  return new SignJWT({ ...good, ...claims })
    .setProtectedHeader({ alg: "HS256", ...header })
    .sign(new TextEncoder().encode(secret));
}
