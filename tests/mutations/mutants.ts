/** A flaw somebody could write, and the tests that must not let it pass. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  /** Exactly once in the file; the suite fails when it is gone. */
  readonly from: string;
  readonly to: string;
  /** The fastest file of tests that catches it. */
  readonly test: string;
}

const scripts = "shared/scripts.redis.test.ts";
const persistence = "router/persist.pg.test.ts";
const readers = "gateway/sse/open-stream.redis.test.ts";
const posts = "gateway/http/send-message.amqp.test.ts";

export const mutants: readonly Mutant[] = [
  {
    name: "the append does not ask whose attempt it is",
    file: "shared/lua/append.lua",
    from: 'if attempt ~= ARGV[a] or n ~= first - 1 then return "stale" end',
    to: 'if attempt == ARGV[a] and n ~= first - 1 then return "stale" end',
    test: scripts,
  },
  {
    name: "a job can end twice",
    file: "shared/lua/append.lua",
    from: 'if status == "completed" or status == "failed" or status == "cancelled" then return "ended" end',
    to: "",
    test: scripts,
  },
  {
    name: "a repeated append is refused",
    file: "shared/lua/append.lua",
    from: 'if attempt == ARGV[a] and n >= first + count - 1 then return "appended" end',
    to: "",
    test: scripts,
  },
  {
    name: "an ended job keeps its turn",
    file: "shared/lua/append.lua",
    from: 'redis.call("LREM", KEYS[k + 5], 0, job_id)',
    to: "",
    test: scripts,
  },
  {
    name: "two workers may run one job",
    file: "shared/lua/take.lua",
    from: 'if status ~= "queued" and lease > now and ARGV[3] ~= "1" then return { "busy" } end',
    to: "",
    test: scripts,
  },
  {
    name: "jobs of one chat run side by side",
    file: "shared/lua/take.lua",
    from: 'if position > 0 then return { "waiting", position } end',
    to: "",
    test: scripts,
  },
  {
    name: "attempts are not counted",
    file: "shared/lua/take.lua",
    from: '"tries", tries + 1, "worker"',
    to: '"tries", tries, "worker"',
    test: scripts,
  },
  {
    name: "a cancel does not fence the worker out",
    file: "shared/lua/seize.lua",
    from: "math.max(tonumber(job[2]) + 1, now))\n",
    to: "tonumber(job[2]))\n",
    test: scripts,
  },
  {
    name: "two enders at a time",
    file: "shared/lua/seize.lua",
    from: "if seized > now then",
    to: "if false then",
    test: "tests/model/ending.redis.test.ts",
  },
  {
    name: "a lost lease is renewed",
    file: "shared/lua/renew.lua",
    from: 'if job[2] ~= ARGV[1] then return "stale" end',
    to: "",
    test: "shared/scripts-edges.redis.test.ts",
  },
  {
    name: "the Idempotency-Key is ignored",
    file: "shared/lua/accept.lua",
    from: "  if known then\n",
    to: "  if false then\n",
    test: posts,
  },
  {
    name: "trimming looks at one group only",
    file: "shared/lua/trim.lua",
    from: "if not lowest or above(lowest, id) then lowest = id end",
    to: 'if group["name"] == ARGV[1] then lowest = id end',
    test: "shared/scripts-edges.redis.test.ts",
  },
  {
    name: "ids are compared without their attempt",
    file: "shared/contract/ids.ts",
    from: "return a.attempt - b.attempt || a.n - b.n;",
    to: "return a.n - b.n;",
    test: "router/batch.test.ts",
  },
  {
    name: "rows get random ids",
    file: "shared/contract/ids.ts",
    from: "assistant: v.parse(MessageId, namedUuid(messageNamespace, `${job}:assistant`)),",
    to: "assistant: v.parse(MessageId, crypto.randomUUID()),",
    test: "shared/contract/ids.test.ts",
  },
  {
    name: "answers are acknowledged before they are stored",
    file: "router/store-answers.ts",
    from: "const written = await attempt(",
    to: "await acknowledge(batch);\n        const written = await attempt(",
    test: persistence,
  },
  {
    name: "every answer counts as two messages",
    file: "router/messages.ts",
    from: "message_count = chat.message_count + more.rows,",
    to: "message_count = chat.message_count + 2,",
    test: persistence,
  },
  {
    name: "what is marked as relayed may never have been published",
    file: "router/relay.ts",
    from: "const { batches, isLive } = await publish({ ...deps, signal, isCrowded }, pick);",
    to: `await Promise.all(
      pick().map(({ shard, batch }) =>
        markRelayed(store, shard, groups.relay, [], marksOf(batch)),
      ),
    );
    const { batches, isLive } = await publish({ ...deps, signal, isCrowded }, pick);`,
    test: "tests/model/marks.redis.test.ts",
  },
  {
    name: "the outbox is emptied without sending",
    file: "router/outbox.ts",
    from: "if (isWaiting) await publishJob(",
    to: "if (isWaiting && names.queue === '') await publishJob(",
    test: "router/broker.amqp.test.ts",
  },
  {
    name: "an ending nobody stored is taken for known",
    file: "worker/kept-endings.ts",
    from: "if (await isKnown(jobId)) return",
    to: "if (jobId) return",
    test: "worker/kept-endings.test.ts",
  },
  {
    name: "the watchdog sleeps",
    file: "router/watchdog.ts",
    from: "for (const id of await replyOf(store, due, heart, signal)) {",
    to: "for (const id of (await replyOf(store, due, heart, signal)).slice(sweepCount)) {",
    test: "router/duties.redis.test.ts",
  },
  {
    name: "readers do not notice a gap",
    file: "gateway/sse/reader.ts",
    from: "entry && follows(cursor, entry);",
    to: "entry;",
    test: readers,
  },
  {
    name: "readers trust that no hint is lost",
    file: "gateway/sse/fanout.ts",
    from: "if (now - feed.quietSince < sse.silenceMs) continue;",
    to: "if (now >= 0) continue;",
    test: readers,
  },
  {
    name: "what waits for a slow reader has no bound",
    file: "gateway/sse/reader.ts",
    from: "return this.#sink !== undefined && !this.#isFull;",
    to: "return this.#sink !== undefined;",
    test: "gateway/sse/slow-reader.redis.test.ts",
  },
  {
    name: "the text for a late reader lacks its last token",
    file: "gateway/sse/opening.ts",
    from: "text: answer.text,",
    to: "text: answer.text.slice(0, -1),",
    test: readers,
  },
  {
    name: "a cursor gets its own event again",
    file: "gateway/sse/opening.ts",
    from: "if (known?.id === from) return follow(known, rest);",
    to: "if (known?.id === from) return follow(known, [known, ...rest]);",
    test: "gateway/sse/reader.redis.test.ts",
  },
  {
    name: "token numbers begin anew with every attempt",
    file: "worker/emit.ts",
    from: "lastSeq: options.lastTokenSeq }",
    to: "lastSeq: 1000 }",
    test: "worker/emit.redis.test.ts",
  },
  {
    name: "a new attempt does not say so",
    file: "worker/emit.ts",
    from: "if (options.tries > 1 || options.lastTokenSeq > seqBeforeFirst) {",
    to: "if (options.tries > 99 && seqBeforeFirst > 0) {",
    test: "worker/emit.redis.test.ts",
  },
  {
    name: "a message that came back to an attempt that is over is acknowledged",
    file: "worker/consume.ts",
    from: 'if (!delivery.isReturned) return settle(delivery.message, "ack");',
    to: 'if (delivery.message) return settle(delivery.message, "ack");',
    test: "worker/consume-faults.amqp.test.ts",
  },
  {
    name: "a job is acknowledged when it begins",
    file: "worker/consume.ts",
    from: "const start = (delivery: Delivery, attempt: Attempt): void => {",
    to: `const start = (delivery: Delivery, attempt: Attempt): void => {
    void delivery.message.ack();`,
    test: "worker/consume-faults.amqp.test.ts",
  },
  {
    name: "a message the sender was refused stays accepted",
    file: "gateway/http/send-message.ts",
    from: "void withdraw(deps, jobId, chatId, idempotencyPlace(asked).key);",
    to: "void [withdraw, idempotencyPlace];",
    test: posts,
  },
];
