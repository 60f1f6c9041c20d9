import { accessSync, constants, readdirSync } from "node:fs";
import { join } from "node:path";

/** What the stack runs; `epmd` comes with RabbitMQ's Erlang. */
export type Binary =
  "redis-server" | "rabbitmq-server" | "epmd" | "postgres" | "initdb" | "chromium";

const brew = ["/opt/homebrew", "/usr/local", "/home/linuxbrew/.linuxbrew"];

/** Debian's wrapper on PATH insists on the rabbitmq user; the script behind it does not. */
const places: Record<Binary, () => string[]> = {
  "redis-server": () => ["/usr/bin", ...brew.map((prefix) => `${prefix}/bin`)],
  "rabbitmq-server": () => [
    "/usr/lib/rabbitmq/bin",
    ...brew.flatMap((prefix) => [`${prefix}/opt/rabbitmq/sbin`, `${prefix}/sbin`]),
  ],
  epmd: () => [
    "/usr/bin",
    ...versions("/usr/lib/erlang", /^erts-/),
    ...brew.flatMap((prefix) => [
      `${prefix}/bin`,
      ...versions(`${prefix}/opt/erlang/lib/erlang`, /^erts-/),
    ]),
  ],
  postgres: postgresPlaces,
  initdb: postgresPlaces,
  chromium: () => ["/usr/bin", ...brew.map((prefix) => `${prefix}/bin`)],
};

/** Absolute path of a program, or undefined. Usual places first: what PATH has may be a wrapper. */
export function findBinary(name: Binary, path = process.env["PATH"] ?? ""): string | undefined {
  const folders = [...places[name](), ...path.split(":").filter(Boolean)];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** PostgreSQL's programs of the newest version, or of the version whose data is already there. */
export function findPostgres(major?: string): { postgres: string; initdb: string } | undefined {
  const all = [...postgresPlaces(), ...(process.env["PATH"] ?? "").split(":")];
  const folders = major ? all.filter((folder) => versionOf(folder) === major) : all;
  const folder = folders.find(
    (each) => isExecutable(join(each, "postgres")) && isExecutable(join(each, "initdb")),
  );
  return folder
    ? { postgres: join(folder, "postgres"), initdb: join(folder, "initdb") }
    : undefined;
}

function postgresPlaces(): string[] {
  return [
    ...versions("/usr/lib/postgresql", /^\d+$/),
    ...brew.flatMap((prefix) => versions(`${prefix}/opt`, /^postgresql(@\d+)?$/)),
    ...brew.map((prefix) => `${prefix}/bin`),
  ];
}

function versionOf(folder: string): string | undefined {
  return /postgresql[@/](\d+)/.exec(folder)?.[1];
}

/** `bin` folders of every version below a folder, newest first. */
function versions(parent: string, pattern: RegExp): string[] {
  try {
    const names = readdirSync(parent).filter((name) => pattern.test(name));
    const newestFirst = names.sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
    return newestFirst.map((name) => join(parent, name, "bin"));
  } catch {
    return [];
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
