import type { Sid } from "../../shared/contract/rooms.ts";

/** Somebody said something that may be for the model. */
export interface Asked {
  readonly sid: Sid;
  readonly role: string;
  readonly text: string;
  /** Of the stored entry. */
  readonly entryId: string;
  /** The person, or the address. */
  readonly who: string;
}

/** Why the model will not answer. */
export interface Refusal {
  readonly code: "llm_busy" | "llm_queue_full" | "llm_unavailable" | "rate_limited" | "llm_blocked";
  readonly message: string;
  readonly more?: Readonly<Record<string, unknown>>;
}

/** The model's part in rooms. Neither throws. */
export interface RoomModel {
  /** Somebody asks it. */
  invoke(asked: Asked): Promise<Refusal | undefined>;
  /** Somebody speaks; `mode` is the room's. */
  hear(asked: Asked, mode: string): Promise<Refusal | undefined>;
}

/** Where no model takes part. */
export const noModel: RoomModel = {
  invoke: async () => ({ code: "llm_unavailable", message: "there is no model here" }),
  hear: async () => undefined,
};
