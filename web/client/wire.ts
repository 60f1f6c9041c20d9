import type { GenericSchema, InferInput } from "valibot";
import type {
  Chat,
  ChatHistory,
  ChatList,
  ChatMessage,
  JobState,
  ListedChat,
  Topology as TopologySchema,
} from "../../shared/contract/api.ts";
import type {
  DoneEvent,
  DoneResult,
  Ending,
  StageEvent,
  TokenEvent,
  TokenRecoveryEvent,
} from "../../shared/contract/event.ts";

/** The shapes of PROTOCOL.md as a client reads them; events come from the contract itself. */
export type { DoneEvent, DoneResult, Ending, StageEvent, TokenEvent, TokenRecoveryEvent };

/** What the server answers, as its schemas say it. */
type Wire<Schema extends GenericSchema> = Deep<InferInput<Schema>>;
type Deep<T> = T extends readonly (infer Item)[]
  ? readonly Deep<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Deep<T[Key]> }
    : T;

export type ChatSummary = Wire<typeof ListedChat>;
export type ChatPage = Wire<typeof ChatList>;
export type CreatedChat = Wire<typeof Chat>;
/** An older server does not name the job. */
export type ServerMessage = Omit<Message, "job_id"> & Partial<Pick<Message, "job_id">>;
type Message = Wire<typeof ChatMessage>;
export type History = Omit<Wire<typeof ChatHistory>, "messages"> & {
  readonly messages: readonly ServerMessage[];
};

export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

export interface Outgoing {
  readonly message: string;
  readonly image_url?: string;
  readonly user_location?: Place;
  readonly model?: string;
  readonly interactive?: boolean;
  readonly double_texting?: "enqueue" | "reject" | "interrupt";
}

export interface HumanInput {
  readonly type: "location" | "confirmation" | "selection" | "cancel";
  readonly data: Readonly<Record<string, unknown>> | null;
}

export type JobStatus = Omit<Wire<typeof JobState>, "result"> & {
  readonly result: DoneResult | null;
};
/** The drawing of the agent, from the server that runs it. */
export type Topology = Wire<typeof TopologySchema>;
