/** RabbitMQ names and limits. Declared by the local stack; checked passively by every process. */
export const topology = {
  exchange: "chat_tasks",
  queue: "chat.process",
  routingKey: "chat.process",
  deadLetterExchange: "dlx",
  deadLetterQueue: "dlq.chat.process",
  /** Fanout: every gateway has a queue of its own there, as long as it lives. */
  revocationExchange: "blacklist.events",
  /** Returns of one message before it goes to the dead-letter queue. */
  deliveryLimit: 3,
  /** A job nobody took for an hour is dead-lettered: its reader has long gone. */
  messageTtlMs: 3_600_000,
  /** A week for a person to look at dead letters. */
  deadLetterTtlMs: 604_800_000,
  /** Jobs waiting at once; above it publishes are refused and the caller is told. */
  maxLength: 10_000,
} as const;

/** The names a process uses; tests give each file its own. */
export interface QueueNames {
  readonly exchange: string;
  readonly queue: string;
  readonly routingKey: string;
  readonly deadLetterExchange: string;
  readonly deadLetterQueue: string;
  readonly revocationExchange: string;
}
