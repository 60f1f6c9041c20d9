import * as v from "valibot";
import { envInteger, envUrl, readEnv, envRedisUrl } from "../shared/env.ts";
import { type LogLevel, logLevels } from "../shared/log.ts";

export const roles = ["relay", "persistence", "all"] as const;
export type RoleName = (typeof roles)[number];

const common = {
  REDIS_STREAMS_URL: envRedisUrl(),
  ADMIN_PORT: v.optional(envInteger(0, 65_535), "0"),
  LOG_LEVEL: v.optional(v.picklist(logLevels, `must be one of ${logLevels.join(", ")}`), "info"),
  /** Name of this replica; unique among those that run. */
  INSTANCE: v.optional(v.pipe(v.string(), v.regex(/^[\w.-]{1,128}$/, "must be a plain name"))),
};
const relay = {
  REDIS_PUBSUB_URL: envRedisUrl(),
  RABBITMQ_URL: envUrl("amqp", "amqps"),
};
const persistence = { DATABASE_URL: envUrl("postgres", "postgresql") };

/** A role asks only for what it uses. */
const schemas = {
  relay: v.object({ ...common, ...relay }),
  persistence: v.object({ ...common, ...persistence }),
  all: v.object({ ...common, ...relay, ...persistence }),
};

export interface RouterConfig {
  readonly streamsUrl: string;
  readonly adminPort: number;
  readonly logLevel: LogLevel;
  readonly instance: string;
  readonly relay: { readonly pubsubUrl: string; readonly rabbitUrl: string } | undefined;
  readonly persistence: { readonly databaseUrl: string } | undefined;
}

/** Rejects with one error that names every wrong variable. */
export async function readConfig(
  role: RoleName,
  env: Readonly<Record<string, string | undefined>>,
  ownName: string,
): Promise<RouterConfig> {
  const read = readEnv<(typeof schemas)[RoleName]>(schemas[role], env);
  return {
    streamsUrl: read.REDIS_STREAMS_URL,
    adminPort: read.ADMIN_PORT,
    logLevel: read.LOG_LEVEL,
    instance: read.INSTANCE ?? ownName,
    relay:
      "RABBITMQ_URL" in read
        ? { pubsubUrl: read.REDIS_PUBSUB_URL, rabbitUrl: read.RABBITMQ_URL }
        : undefined,
    persistence: "DATABASE_URL" in read ? { databaseUrl: read.DATABASE_URL } : undefined,
  };
}
