import { parseEventId } from "../../shared/contract/ids.ts";
import { until } from "../../shared/testing/until.ts";
import { readStream, type TestReader } from "../../gateway/testing/sse-client.ts";
import type { TestStreams } from "../../gateway/testing/test-streams.ts";
import { StreamCheck } from "../faults/verify.ts";
import type { TestedJob } from "./jobs.ts";

/** A person's page: it follows one job over any number of connections, and holds what came. */
export class ModelReader {
  readonly job: TestedJob;
  readonly check: StreamCheck;
  private readonly streams: TestStreams;
  private open: TestReader | undefined;
  private taken = 0;

  constructor(job: TestedJob, streams: TestStreams) {
    this.job = job;
    this.streams = streams;
    this.check = new StreamCheck(job.record.jobId);
  }

  /** Comes (back), with the id of the last event it has. */
  async connect(): Promise<void> {
    if (this.open) return;
    const { jobId } = this.job.record;
    const { lastId } = this.check;
    const response = await this.streams.respond(jobId, lastId, this.job.reference.hasEnded);
    if (!response) throw new Error("the job is unknown");
    if (response.status === 204) {
      if (!this.check.done) throw new Error(`204 for a reader at ${String(lastId)}`);
      return;
    }
    if (this.check.done && lastId !== undefined && parseEventId(lastId)) {
      throw new Error("a stream for a reader that has the ending");
    }
    this.open = readStream(response);
    this.taken = 0;
  }

  /** Takes what has arrived. What is on its way when it drops is lost. */
  look(): void {
    if (!this.open) return;
    for (; this.taken < this.open.events.length; this.taken++) {
      const { id, event, data } = this.open.events[this.taken] ?? { id: "", event: "", data: "{}" };
      this.check.frame({ id, event, data: JSON.parse(data) as Record<string, unknown> });
    }
  }

  async drop(): Promise<void> {
    this.look();
    const open = this.open;
    this.open = undefined;
    await open?.disconnect();
  }

  /** Stays, and comes back, until it has the ending. */
  async stay(): Promise<void> {
    await until(
      async () => {
        this.look();
        if (this.check.done) return true;
        if (this.open?.hasEnded()) await this.drop();
        if (!this.open) await this.connect();
        return false;
      },
      { what: `the ending for a reader at ${String(this.check.lastId)}`, timeoutMs: 6000 },
    );
    await this.drop();
  }
}
