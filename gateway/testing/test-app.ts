import type { AMQPChannel } from "@cloudamqp/amqp-client";
import { SignJWT } from "jose";
import { Registry } from "../../shared/prom.ts";
import { Catalog } from "../../shared/characters/catalog.ts";
import { openBroker } from "../../shared/clients/amqp.ts";
import { openPostgres } from "../../shared/clients/postgres.ts";
import { closeRedis, openRedis } from "../../shared/clients/redis.ts";
import { systemClock as clock } from "../../shared/clock.ts";
import { type QueueNames, topology } from "../../shared/contract/topology.ts";
import { assistant as turns, quota } from "../../shared/limits.ts";
import { openLocks } from "../../shared/lock/lock.ts";
import { createLog } from "../../shared/log.ts";
import { noTracing, type Tracing } from "../../shared/trace.ts";
import { createApp } from "../app.ts";
import { openAuth } from "../auth/open-auth.ts";
import type { SignInSettings } from "../auth/settings.ts";
import { createAssistantMetrics } from "../assistant/parts.ts";
import type { Deps } from "../deps.ts";
import { type Key, secretKey } from "../gate/keyring.ts";
import { Revocations } from "../gate/revocations.ts";
import { createVerify } from "../gate/verify.ts";
import { openImages } from "../images/images.ts";
import type { ImageSettings } from "../images/settings.ts";
import { type BudgetRules, createBudget } from "../limits/budget.ts";
import { type LimitRules, openLimits } from "../limits/limits.ts";
import type { Kakao } from "../locations/kakao.ts";
import { createHttpMetrics } from "../metrics.ts";
import { openRooms } from "../rooms/parts.ts";
import { defaultRules, type RoomRules } from "../rooms/rules.ts";
import { openStreams } from "../sse/open-streams.ts";
import { createSocketMetrics } from "../ws/metrics.ts";
import { Sockets } from "../ws/sockets.ts";
import { checkAnswer } from "./check-answer.ts";

export const testRules = {
  secret: "a secret of the tests, 32 characters",
  issuer: "eco2",
  audience: "eco2-api",
};
const key = new TextEncoder().encode(testRules.secret);

/** A token; `claims` replace the good ones, undefined leaves one out. */
export async function testToken(
  userId: string,
  claims: Record<string, unknown> = {},
  alg = "HS256",
  secret: Uint8Array = key,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const good = {
    sub: userId,
    jti: crypto.randomUUID(),
    iss: testRules.issuer,
    aud: testRules.audience,
    exp: now + 600,
  };
  return new SignJWT({ ...good, ...claims }).setProtectedHeader({ alg }).sign(secret);
}

const testSignIn: SignInSettings = {
  providers: {},
  hasDevLogin: false,
  frontendUrl: undefined,
  accessSeconds: 10_800,
  refreshSeconds: 2_592_000,
  cookies: { domain: undefined, isSecure: true, sameSite: "Lax" },
  bindsBrowser: true,
};
const noBudget: BudgetRules = { userTokensPerDay: 0, totalTokensPerDay: 0 };
/** Shared counts that are there are waited for on a loaded machine too; those that are not, within the bounds of tests. */
const countsMs = 1000;
const testLimits: LimitRules = { ...quota, addressRequestsPerSecond: undefined };

interface Stores {
  readonly redisUrl: string;
  readonly databaseUrl: string;
  /** Without it the broker is away. */
  readonly queue?: { readonly url: string; readonly topology: QueueNames };
  readonly limits?: Partial<LimitRules>;
  /** The place search; without it offline. */
  readonly kakao?: Kakao;
  /** Redis-P, when it is not the same as Redis-S. */
  readonly pubsubUrl?: string;
  /** Where pictures are kept; none without it. */
  readonly images?: ImageSettings;
  readonly rooms?: Partial<RoomRules>;
  /** Rooms take nobody without a token. */
  readonly needsToken?: boolean;
  /** More keys than the tests' own, which is called `now`. */
  readonly keys?: readonly Key[];
  readonly signIn?: Partial<SignInSettings>;
  readonly budget?: Partial<BudgetRules>;
}

/** The app on real stores, spoken to by requests. Every answer is compared with the OpenAPI document. */
export function openTestApp(
  {
    redisUrl,
    databaseUrl,
    queue,
    pubsubUrl,
    images,
    keys = [],
    needsToken = false,
    kakao,
    ...rules
  }: Stores,
  tracing: Tracing = noTracing,
) {
  const log = createLog(() => {});
  const redis = openRedis(redisUrl, "test", "request", log);
  const logRedis = openRedis(redisUrl, "test-log", "request", log);
  const pubsub = openRedis(pubsubUrl ?? redisUrl, "test-pub", "request", log);
  const subscriber = openRedis(pubsubUrl ?? redisUrl, "test-live", "subscriber", log);
  const sql = openPostgres(databaseUrl, "test");
  const queueNames = queue?.topology ?? topology;
  const revocations = new Revocations({ redis, clock, log });
  const catalog = new Catalog({ sql, clock, log });
  const onChannel = async (channel: AMQPChannel) => {
    await revocations.listen(channel, queueNames.revocationExchange);
    await catalog.listen(channel, queueNames.characterCacheExchange);
  };
  const broker =
    queue && openBroker({ url: queue.url, name: "test", names: queueNames, log, onChannel });
  const closing = new AbortController();
  void revocations.run(closing.signal);
  const registry = new Registry();
  const jwt = { ...testRules, keys: [secretKey(testRules.secret, "now"), ...keys] };
  const streams = openStreams({ subscriber, logRedis, registry, clock, log });
  const locks = openLocks({ redis, namespace: "test" });
  const limits = openLimits({
    redis: pubsub,
    clock,
    rules: { ...testLimits, ...rules.limits },
    hops: 0,
    waitMs: countsMs,
  });
  const budget = createBudget({
    redis,
    clock,
    rules: { ...noBudget, ...rules.budget },
    waitMs: countsMs,
  });
  const deps: Deps = {
    role: "all",
    redis,
    pubsub,
    cache: pubsub,
    sql,
    broker,
    queueNames,
    streams,
    sockets: new Sockets(createSocketMetrics(registry)),
    locks,
    kakao,
    rewards: {
      catalog,
      sql,
      broker,
      names: queueNames,
      isEnabled: true,
      makesAccounts: false,
      log,
    },
    verify: createVerify(jwt, revocations, clock),
    revocations,
    metrics: createHttpMetrics(registry, () => broker?.isUp() ?? false),
    tracing,
    clock,
    log,
    corsOrigins: ["https://eco2.example"],
    images: images && openImages(images),
    page: undefined,
    proxyHops: 0,
    limits,
    assistant: {
      ttlSeconds: 600,
      turnWaitMs: turns.turnWaitMs,
      metrics: createAssistantMetrics(registry),
    },
    rooms: openRooms({
      redis,
      pubsub,
      subscriber,
      broker,
      queueNames,
      streams,
      locks,
      tracing,
      registry,
      limits,
      budget,
      rules: { ...defaultRules, ...rules.rooms },
      needsToken,
      clock,
      log,
    }),
    auth: openAuth(
      {
        jwt,
        signingKey: secretKey(testRules.secret, "now"),
        signIn: { ...testSignIn, ...rules.signIn },
      },
      { registry, clock, log },
    ),
    budget,
    closing: closing.signal,
  };
  const app = createApp(deps);
  const answer = app.fetch;
  app.fetch = async (request, ...rest) => {
    const response = await answer(request, ...rest);
    await checkAnswer(request.method, new URL(request.url).pathname, response);
    return response;
  };
  return {
    deps,
    app,
    /** Sends a request; an object becomes a JSON body, and `user` a token. */
    async send(
      method: string,
      path: string,
      options: { user?: string | undefined; body?: unknown; headers?: Record<string, string> } = {},
    ) {
      const headers: Record<string, string> = { ...options.headers };
      if (options.user) headers["authorization"] = `Bearer ${await testToken(options.user)}`;
      const { body } = options;
      const isText = typeof body === "string" || body === undefined;
      if (body !== undefined) headers["content-type"] ??= "application/json";
      return app.request(path, {
        method,
        headers,
        ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
      });
    },
    async close() {
      closing.abort();
      streams.close();
      await deps.sockets.close(1000);
      await deps.rooms.close();
      await broker?.close();
      await Promise.all([redis, logRedis, pubsub, subscriber].map((each) => closeRedis(each)));
      await sql.end({ timeout: 1 });
    },
  };
}
