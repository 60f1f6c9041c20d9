/** RabbitMQ names and limits. Declared by the local stack; checked passively by every process. */
export const topology = {
  exchange: "chat_tasks",
  queue: "chat.process",
  routingKey: "chat.process",
  deadLetterExchange: "dlx",
  deadLetterQueue: "dlq.chat.process",
  /** Fanout: every gateway has a queue of its own there, as long as it lives. */
  revocationExchange: "blacklist.events",
  /** Fanout: characters given, to both stores. */
  rewardExchange: "reward.events",
  saveOwnershipQueue: "character.save_ownership",
  saveCharacterQueue: "users.save_character",
  characterExchange: "character.direct",
  grantDefaultQueue: "character.grant_default",
  /** Fanout: the catalogue changed; every process that knows it has a queue of its own there. */
  characterCacheExchange: "character.cache",
  /** Of the three queues above: what no consumer could read, or nobody took for a day. */
  characterDeadLetterQueue: "dlq.character",
  /** A grant nobody wrote for a day is dead-lettered: both stores were away that long. */
  grantTtlMs: 86_400_000,
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
  readonly rewardExchange: string;
  readonly saveOwnershipQueue: string;
  readonly saveCharacterQueue: string;
  readonly characterExchange: string;
  readonly grantDefaultQueue: string;
  readonly characterCacheExchange: string;
  readonly characterDeadLetterQueue: string;
}
