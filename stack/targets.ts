import { StackFailure } from "./failure.ts";
import { homeOf } from "./home.ts";
import { readStackFile, type StackFile } from "./stack-file.ts";

/** Where an operator's command looks. */
export interface Targets {
  readonly streamsUrl: string;
  readonly pubsubUrl: string | undefined;
  readonly rabbitUrl: string | undefined;
  readonly databaseUrl: string | undefined;
  /** Of this folder; undefined where only the environment names the services. */
  readonly stack: StackFile | undefined;
}

/** The services of the environment, else those of this folder's stack. Throws when there is neither. */
export function readTargets(env: Readonly<Record<string, string | undefined>>): Targets {
  const stack = readStackFile(homeOf(process.cwd()));
  const streamsUrl = env["REDIS_STREAMS_URL"] || stack?.services.redis_streams.url;
  if (!streamsUrl) {
    throw new StackFailure(
      "no stack runs in this folder (`bun run up`), and REDIS_STREAMS_URL is not set",
    );
  }
  return {
    streamsUrl,
    pubsubUrl: env["REDIS_PUBSUB_URL"] || stack?.services.redis_pubsub.url,
    rabbitUrl: env["RABBITMQ_URL"] || stack?.services.rabbitmq.url,
    databaseUrl: env["DATABASE_URL"] || stack?.services.postgres.url,
    stack: env["REDIS_STREAMS_URL"] ? undefined : stack,
  };
}
