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

export interface ChatSummary {
  readonly id: string;
  readonly title: string | null;
  readonly preview: string | null;
  readonly message_count: number;
  readonly last_message_at: string | null;
  readonly created_at: string;
}

export interface ChatPage {
  readonly chats: readonly ChatSummary[];
  readonly next_cursor: string | null;
}

export interface CreatedChat {
  readonly id: string;
  readonly title: string | null;
  readonly created_at: string;
}

export interface ServerMessage {
  readonly id: string;
  readonly role: "user" | "assistant";
  readonly content: string;
  readonly image_url: string | null;
  readonly intent: string | null;
  readonly metadata: Readonly<Record<string, unknown>> | null;
  readonly created_at: string;
}

export interface History {
  readonly id: string;
  readonly title: string | null;
  readonly messages: readonly ServerMessage[];
  readonly has_more: boolean;
  readonly next_cursor: string | null;
  readonly created_at: string;
}

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

export interface JobStatus {
  readonly job_id: string;
  readonly status: string;
  readonly progress: number;
  readonly current_stage: string | null;
  readonly result: DoneResult | null;
  readonly error: string | null;
}

/** The drawing of the agent, from the server that runs it. */
export interface Topology {
  readonly nodes: readonly {
    readonly id: string;
    readonly kind: "stage" | "sub_agent";
    readonly label_ko: string;
    readonly label_en: string;
  }[];
  readonly edges: readonly {
    readonly from: string;
    readonly to: string;
    readonly conditional: boolean;
  }[];
}
