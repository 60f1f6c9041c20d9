import * as v from "valibot";
import { DoneResult, jobErrorCodes } from "./event.ts";
import { ChatId, JobId, MessageId } from "./ids.ts";
import { jobStatuses } from "./job.ts";
import { stageOrder } from "./stages.ts";

// What the chat routes answer. The handlers' rows, the OpenAPI document and the web client's types come from here.

/** ISO 8601 UTC. */
export const Time = v.pipe(v.string(), v.isoTimestamp());
const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const Anything = v.record(v.string(), v.unknown());
const NextCursor = v.pipe(
  v.nullable(v.string()),
  v.description("`cursor` of the next page, null on the last one."),
);

export const Chat = v.object({ id: ChatId, title: v.nullable(v.string()), created_at: Time });
export type Chat = v.InferOutput<typeof Chat>;

export const ListedChat = v.object({
  ...Chat.entries,
  preview: v.nullable(v.string()),
  message_count: Count,
  last_message_at: v.nullable(Time),
});
export type ListedChat = v.InferOutput<typeof ListedChat>;

export const ChatList = v.object({ chats: v.array(ListedChat), next_cursor: NextCursor });

export const ChatMessage = v.object({
  id: MessageId,
  role: v.picklist(["user", "assistant"]),
  content: v.string(),
  image_url: v.nullable(v.string()),
  job_id: v.pipe(v.nullable(v.string()), v.description("The work that wrote it.")),
  intent: v.nullable(v.string()),
  metadata: v.nullable(Anything),
  created_at: Time,
});
export type ChatMessage = v.InferOutput<typeof ChatMessage>;

export const ChatHistory = v.object({
  ...Chat.entries,
  messages: v.pipe(v.array(ChatMessage), v.description("Oldest first.")),
  has_more: v.boolean(),
  next_cursor: NextCursor,
});

export const Submitted = v.object({
  job_id: JobId,
  stream_url: v.string(),
  status: v.literal("submitted"),
  position: v.optional(
    v.pipe(Count, v.description("How many jobs of the chat run before it; left out for none.")),
  ),
});

export const Received = v.object({ status: v.literal("received"), job_id: JobId });

export const Cancelling = v.object({
  status: v.literal("cancelling"),
  job_id: JobId,
  last_event_id: v.pipe(v.string(), v.description("Id of the job's ending.")),
  tokens: v.pipe(Count, v.description("How many tokens its text has.")),
});

export const JobState = v.object({
  job_id: JobId,
  status: v.picklist(jobStatuses),
  progress: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100)),
  current_stage: v.nullable(v.string()),
  result: v.nullable(DoneResult),
  error: v.nullable(v.picklist(jobErrorCodes)),
});

const StageName = v.picklist(Object.keys(stageOrder));

/** How one attempt ran: no texts, no places, nothing of the person. */
export const JobRun = v.object({
  job_id: JobId,
  attempt: Count,
  status: v.picklist(["completed", "failed"]),
  error_code: v.nullable(v.picklist(jobErrorCodes)),
  duration_ms: Count,
  first_token_ms: v.nullable(Count),
  intents: v.array(v.string()),
  nodes: v.array(
    v.object({
      node: v.string(),
      status: v.string(),
      error: v.optional(v.string()),
      duration_ms: v.number(),
      retry_count: v.pipe(v.optional(Count), v.description("Tries after the first.")),
    }),
  ),
  steps: v.array(v.object({ stage: StageName, status: v.string(), at_ms: Count })),
  fallbacks: v.array(v.object({ stage: StageName, result: v.nullable(Anything) })),
  policies: Anything,
  model: Anything,
  usage: v.nullable(Anything),
});

export const Topology = v.object({
  nodes: v.array(
    v.object({
      id: v.string(),
      kind: v.picklist(["stage", "sub_agent"]),
      label_ko: v.string(),
      label_en: v.string(),
    }),
  ),
  edges: v.array(v.object({ from: v.string(), to: v.string(), conditional: v.boolean() })),
});
