import type { AMQPChannel } from "@cloudamqp/amqp-client";
import * as v from "valibot";
import { hearFanout } from "../clients/hear-fanout.ts";
import type { Sql } from "../clients/postgres.ts";
import type { Clock } from "../clock.ts";
import { characters as limits } from "../limits.ts";
import type { Log } from "../log.ts";

/** One row of the catalogue. */
export interface Character {
  readonly id: string;
  readonly code: string;
  readonly name: string;
  readonly description: string | null;
  readonly type: string;
  readonly dialog: string;
  /** The `middle_category` of a scan that earns it, exactly. */
  readonly match: string | null;
}

/** The one everybody has from the start. */
export const defaultCode = "char-eco";

/** Somebody changed the catalogue. What changed is read from the table, so a lost message or two in any order are harmless. */
const Change = v.object({ type: v.picklist(["full_refresh", "upsert", "delete"]) });

/**
 * The catalogue in this process's memory. Read from the table when first used, after each message of the
 * `character.cache` fanout, and every few minutes in case one was lost. While the database is away the last copy
 * serves; without one, readers get the database's error.
 */
export class Catalog {
  readonly #options: { readonly sql: Sql; readonly clock: Clock; readonly log: Log };
  #rows: readonly Character[] | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<readonly Character[]> | undefined;

  constructor(options: { readonly sql: Sql; readonly clock: Clock; readonly log: Log }) {
    this.#options = options;
  }

  /** Reads the catalogue ahead of its first use. Never throws: then the first use reads it. */
  async warm(): Promise<void> {
    await this.#read().catch((error: unknown) =>
      this.#options.log.warn("character catalogue not read", { error }),
    );
  }

  async all(): Promise<readonly Character[]> {
    if (!this.#rows) return this.#read();
    // old: this caller has the copy, the next ones the new one
    const isOld = this.#options.clock.monotonicMs() - this.#readAt > limits.catalogMs;
    if (isOld && !this.#reading) void this.warm();
    return this.#rows;
  }

  async byMatch(label: string): Promise<Character | undefined> {
    return (await this.all()).find(({ match }) => match === label);
  }

  async default(): Promise<Character | undefined> {
    return (await this.all()).find(({ code }) => code === defaultCode);
  }

  /** Hears of changes as long as the channel lives. Throws `START_CHECK_FAILED` without exchange. */
  async listen(channel: AMQPChannel, exchange: string): Promise<void> {
    await hearFanout(channel, exchange, (body) => this.#onMessage(body));
    void this.warm(); // what changed before the queue was bound
  }

  #onMessage(body: string | null): void {
    const change = v.safeParse(v.pipe(v.string(), v.parseJson(), Change), body);
    if (!change.success) this.#options.log.warn("catalogue message not readable");
    else void this.warm();
  }

  /** One query at a time: whoever comes while one runs began before its change, and asks once more after it. */
  #read(): Promise<readonly Character[]> {
    const running = this.#reading;
    const next = (running?.catch(() => undefined) ?? Promise.resolve()).then(() => this.#query());
    const own = next.finally(() => {
      if (this.#reading === own) this.#reading = undefined;
    });
    return (this.#reading = own);
  }

  async #query(): Promise<readonly Character[]> {
    const { sql, clock } = this.#options;
    const rows = await sql<Character[]>`
      select id, code, name, description, type_label as type, dialog, match_label as match
      from character.characters order by created_at, code = ${defaultCode} desc, code`;
    this.#readAt = clock.monotonicMs();
    return (this.#rows = rows);
  }
}
