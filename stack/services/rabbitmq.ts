import { AMQPClient } from "@cloudamqp/amqp-client";
import { mkdirSync } from "node:fs";
import { findBinary } from "../binaries.ts";
import type { Child, Launcher } from "../child.ts";
import { StackFailure } from "../failure.ts";
import { writePrivate } from "../home.ts";
import { canConnect } from "../ports.ts";
import { bareEnv, untilReady } from "./ready.ts";

export interface RabbitmqWish {
  readonly port: number;
  /** Erlang's own: nodes find each other with `epmd` and talk on the distribution port. */
  readonly epmdPort: number;
  readonly distributionPort: number;
  readonly password: string;
}

/** Small: two cores, 400 MB. Idle schedulers sleep instead of spinning. */
const erlangFlags =
  "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}";

/**
 * The broker and its own `epmd`. A private epmd, as our child and on our port, because the broker would
 * otherwise start a shared one that outlives it.
 */
export async function startRabbitmq(launcher: Launcher, wish: RabbitmqWish): Promise<Child> {
  const { home, signal } = launcher;
  const server = findBinary("rabbitmq-server");
  const epmdBinary = findBinary("epmd");
  if (!server || !epmdBinary) throw new StackFailure("rabbitmq-server (with Erlang) is missing");
  const dir = home.path("rabbitmq");
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  writePrivate(home.path("rabbitmq", "rabbitmq.conf"), conf(wish));
  writePrivate(home.path("rabbitmq", "enabled_plugins"), "[].\n");
  const env = {
    ...bareEnv(dir), // HOME holds the Erlang cookie
    ERL_EPMD_PORT: String(wish.epmdPort),
    ERL_EPMD_ADDRESS: "127.0.0.1",
    ERL_CRASH_DUMP_SECONDS: "0",
    RABBITMQ_NODENAME: "eco2@localhost",
    RABBITMQ_DIST_PORT: String(wish.distributionPort),
    RABBITMQ_CONFIG_FILE: home.path("rabbitmq", "rabbitmq.conf"),
    RABBITMQ_ADVANCED_CONFIG_FILE: home.path("rabbitmq", "no-advanced.config"),
    RABBITMQ_CONF_ENV_FILE: home.path("rabbitmq", "no-env.conf"), // /etc/rabbitmq is not ours
    RABBITMQ_ENABLED_PLUGINS_FILE: home.path("rabbitmq", "enabled_plugins"),
    RABBITMQ_MNESIA_BASE: home.path("rabbitmq", "data"),
    RABBITMQ_LOG_BASE: home.path("rabbitmq", "log"),
    RABBITMQ_PID_FILE: home.path("rabbitmq", "pid"),
    RABBITMQ_LOGS: "-",
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: erlangFlags,
    detached: "1", // the start script then becomes the broker instead of waiting for it
  };
  const epmd = launcher.launch({
    name: "epmd",
    kind: "service",
    argv: [epmdBinary, "-port", String(wish.epmdPort), "-address", "127.0.0.1"],
    env,
    cwd: dir,
  });
  await untilReady(epmd, () => canConnect(wish.epmdPort), { withinMs: 10_000, signal });
  const broker = launcher.launch({
    name: "rabbitmq",
    kind: "service",
    argv: [server],
    env,
    cwd: dir,
  });
  await untilReady(broker, () => shakeHands(wish), { withinMs: 120_000, signal });
  return broker;
}

export function rabbitmqUrl(wish: RabbitmqWish): string {
  return `amqp://eco2:${wish.password}@127.0.0.1:${wish.port}/`;
}

function conf(wish: RabbitmqWish): string {
  const lines = [
    `listeners.tcp.1 = 127.0.0.1:${wish.port}`,
    "default_user = eco2",
    `default_pass = ${wish.password}`,
    "vm_memory_high_watermark.absolute = 400MB",
    "disk_free_limit.absolute = 50MB",
    "raft.wal_max_size_bytes = 67108864",
    "collect_statistics = coarse",
    "heartbeat = 5",
    "log.file = false",
    "log.console = true",
    "log.console.level = warning",
  ];
  return `${lines.join("\n")}\n`;
}

/** The port opens before the user exists: only a whole AMQP handshake counts. */
async function shakeHands(wish: RabbitmqWish): Promise<boolean> {
  if (!(await canConnect(wish.port))) return false;
  const client = new AMQPClient(rabbitmqUrl(wish), undefined, null);
  client.onerror = () => {};
  await client.connect();
  await client.close();
  return true;
}
