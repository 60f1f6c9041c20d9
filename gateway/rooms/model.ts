import type { Location } from "../../shared/contract/job.ts";
import type { Sid } from "../../shared/contract/rooms.ts";

/** What the model is asked, and by whom. */
export interface Question {
  readonly sid: Sid;
  readonly text: string;
  /** The person, or the address. */
  readonly who: string;
}

/** It was said in the room. */
export interface Asked extends Question {
  readonly role: string;
  /** Of the stored entry. */
  readonly entryId: string;
  /** Where they are, if they said. */
  readonly location: Location | null;
}

/** Why the model will not answer. */
export interface Refusal {
  readonly code: "llm_busy" | "llm_queue_full" | "llm_unavailable" | "rate_limited" | "llm_blocked";
  readonly message: string;
  readonly more?: Readonly<Record<string, unknown>>;
}

/** The model's part in rooms. None of these throws. */
export interface RoomModel {
  /** May it be asked this? Counts the question when it may. */
  check(question: Question): Promise<Refusal | undefined>;
  /** Somebody asks it. */
  invoke(asked: Asked): Promise<Refusal | undefined>;
  /** Somebody speaks; `mode` is the room's. */
  hear(asked: Asked, mode: string): Promise<Refusal | undefined>;
}
