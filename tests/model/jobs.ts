import { expect } from "bun:test";
import type { Clock } from "../../shared/clock.ts";
import { type JobRecord, queuedEvent } from "../../shared/contract/build-events.ts";
import { type ChatId, newJobId, shardOf, type UserId } from "../../shared/contract/ids.ts";
import { endJob } from "../../shared/end-job.ts";
import { keys } from "../../shared/keys.ts";
import { stream } from "../../shared/limits.ts";
import { accept, append, type ScriptedRedis, seize, take } from "../../shared/scripts.ts";
import { type Batch, type Position, takeBatch, type Waiting } from "../../worker/emit-batch.ts";
import { type Fact, ReferenceJob } from "./reference.ts";

const clock: Clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() };

/** A worker that was given an attempt. It may live on long after it lost the job. */
export interface Worker {
  readonly attempt: number;
  position: Position;
  readonly waiting: Waiting[];
  /** A batch whose answer never came: it goes out again first. */
  unsure: Batch | undefined;
}

const codes = { cancelled: "CANCELLED", failed: "ATTEMPTS_EXHAUSTED" } as const;

function factsOf(batch: Batch): Fact[] {
  return batch.entries.map(({ event, data }) => {
    const body = JSON.parse(data) as { stream_id: string; content?: string };
    return { id: body.stream_id, event, text: body.content ?? "" };
  });
}

/** A job twice: through the real scripts, and in the reference. Every answer must be the same. */
export class TestedJob {
  readonly record: JobRecord;
  readonly reference: ReferenceJob;
  readonly workers: Worker[] = [];
  readonly shard: number;
  private readonly redis: ScriptedRedis;

  constructor(redis: ScriptedRedis, chatId: ChatId, userId: UserId, turns: ReferenceJob[]) {
    const jobId = newJobId();
    const createdAt = new Date().toISOString();
    this.record = { jobId, chatId, userId, message: `질문 ${jobId}`, imageUrl: null, createdAt };
    this.reference = new ReferenceJob(turns);
    this.shard = shardOf(jobId, stream.shardCount);
    this.redis = redis;
  }

  async accept(): Promise<void> {
    const { jobId, chatId, userId, message, createdAt } = this.record;
    const { word } = await accept(this.redis, {
      jobId,
      chatId,
      userId,
      message,
      shard: this.shard,
      submittedAt: createdAt,
      imageUrl: null,
      queuedData: queuedEvent(jobId, "1.00", "%POSITION%"),
      envelope: "{}",
      doubleTexting: "enqueue",
      idempotency: undefined,
    });
    expect(word).toBe("accepted");
    this.reference.accept();
  }

  async take(redelivered: boolean): Promise<string> {
    const { jobId, chatId } = this.record;
    const expected = this.reference.wouldTake(redelivered);
    const asked = { jobId, chatId, worker: "w", redelivered, record: {} };
    const taken = await take(this.redis, asked);
    expect(taken.word).toBe(expected);
    if (taken.word !== "taken") return taken.word;
    this.reference.take(taken.attempt);
    expect(taken.tries).toBe(this.reference.tries);
    const answer = { text: "", tokens: 0, lastSeq: taken.lastTokenSeq };
    this.workers.push({
      attempt: taken.attempt,
      position: { n: 0, progress: taken.progress, answer, snapshot: { length: 0, tokens: 0 } },
      waiting: taken.tries > 1 ? [{ kind: "reset" }] : [],
      unsure: undefined,
    });
    return "taken";
  }

  /** `fate`: of the answer to the append. */
  async write(
    worker: Worker,
    news: readonly Waiting[],
    ends: boolean,
    fate: "heard" | "twice" | "lost",
  ): Promise<void> {
    worker.waiting.push(...news);
    const outcome = { errorCode: undefined, intent: "waste", metadata: {} };
    const ending = ends ? ({ ...outcome, ending: "completed" } as const) : undefined;
    const { record } = this;
    const job = { record, attempt: worker.attempt, clock };
    const batch = worker.unsure ?? takeBatch(job, worker.waiting, worker.position, ending);
    if (!batch) return;
    for (let sent = 0; sent < (fate === "twice" ? 2 : 1); sent++) {
      const word = await append(this.redis, batch);
      const { attempt, n } = batch.first;
      expect(word).toBe(this.reference.append(attempt, n, factsOf(batch), batch.ending));
    }
    worker.unsure = fate === "lost" ? batch : undefined;
    if (fate !== "lost") worker.position = batch.after;
  }

  /** Its lease runs out. */
  async expire(): Promise<void> {
    if (this.reference.status !== "running") return;
    await this.redis.hset(keys.job(this.record.jobId), "lease_until", "0");
    this.reference.hasLease = false;
  }

  /** Somebody begins to end it, and dies before it says so in the log. */
  async seizeOnly(ending: "failed" | "cancelled"): Promise<void> {
    const { jobId } = this.record;
    const seized = await seize(this.redis, jobId, { ending, errorCode: codes[ending] });
    if (this.reference.hasEnded) return expect(seized.word).toBe("ended");
    if (seized.word !== "seized") throw new Error(`seized: ${seized.word}`);
    this.reference.seize(seized.attempt, ending);
    await this.redis.hset(keys.job(jobId), "seized_until", "1"); // its time is over
  }

  async endFromOutside(ending: "failed" | "cancelled"): Promise<void> {
    const code = codes[ending];
    const held = this.reference.text;
    const ended = await endJob(this.redis, this.record.jobId, ending, code);
    if (this.reference.hasEnded) return expect(ended.word).toBe("ended-before");
    if (ended.word !== "ended-now") throw new Error(`ended: ${ended.word}`);
    expect(ended.answer.text).toBe(held);
    this.reference.seize(Number(ended.eventId.split("-")[0]), ending);
    this.reference.endFromOutside();
  }

  /** Whatever happened, it ends: the broker brings it until it does. */
  async finish(): Promise<void> {
    if (this.reference.hasEnded) return;
    if (this.reference.wanted) return this.endFromOutside("failed"); // the watchdog
    const word = await this.take(true);
    if (word === "exhausted") return this.endFromOutside("failed");
    const worker = this.workers.at(-1);
    if (word !== "taken" || !worker) throw new Error(`not taken at its turn: ${word}`);
    const last: Waiting = { kind: "tokens", node: "answer", parts: ["끝", "."] };
    await this.write(worker, [last], true, "heard");
  }
}
