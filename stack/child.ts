import { closeSync, copyFileSync, existsSync, openSync, readFileSync, renameSync } from "node:fs";
import { statSync, truncateSync } from "node:fs";
import type { Home } from "./home.ts";
import { descendantsOf, identify, type ProcessId, signalProcess, waitGone } from "./processes.ts";
import { type RecordedProcess, recordProcess } from "./records.ts";

export interface Command {
  readonly name: string;
  readonly kind: RecordedProcess["kind"];
  readonly argv: string[];
  readonly env: Record<string, string | undefined>;
  readonly cwd: string;
  /** Runs as this user (only root may ask for it). */
  readonly user?: { uid: number; gid: number } | undefined;
  /** What asks it to end in order. */
  readonly stopSignal?: NodeJS.Signals;
}

export interface Child {
  readonly name: string;
  readonly id: ProcessId;
  readonly startedAt: number;
  readonly logPath: string;
  /** How it ended, in words; never rejects. */
  readonly ended: Promise<string>;
  isRunning(): boolean;
  /** Asks it to end, then kills it and whatever it started. */
  stop(graceMs: number): Promise<void>;
  kill(): Promise<void>;
}

/** What starting a service takes: a place, a way to give up, and a way to start that keeps track of the child. */
export interface Launcher {
  readonly home: Home;
  readonly signal: AbortSignal;
  launch(command: Command): Child;
}

/** Each child leads its own session: a Ctrl-C in the terminal reaches only the supervisor, which stops them in order. */
export function startChild(home: Home, command: Command): Child {
  const logPath = home.path("logs", `${command.name}.log`);
  const log = openSync(logPath, "a", 0o600);
  const child = Bun.spawn(command.argv, {
    cwd: command.cwd,
    env: command.env,
    stdio: ["ignore", log, log],
    detached: true,
    ...command.user,
  });
  closeSync(log);
  const id = identify(child.pid) ?? { pid: child.pid, start: "already gone" };
  recordProcess(home, { name: command.name, kind: command.kind, ...id });

  const kill = async () => {
    const all = [id, ...descendantsOf(id.pid)];
    for (const each of all) signalProcess(each, "SIGKILL");
    await waitGone(all, 5000);
  };
  return {
    name: command.name,
    id,
    startedAt: Date.now(),
    logPath,
    ended: child.exited.then(() =>
      child.signalCode ? `was ended by ${child.signalCode}` : `exited with code ${child.exitCode}`,
    ),
    isRunning: () => child.exitCode === null && child.signalCode === null,
    async stop(graceMs) {
      const family = descendantsOf(id.pid);
      signalProcess(id, command.stopSignal ?? "SIGTERM");
      if (!(await waitGone([id], graceMs))) await kill();
      if (await waitGone(family, 2000)) return;
      for (const each of family) signalProcess(each, "SIGKILL");
      await waitGone(family, 5000);
    },
    kill,
  };
}

/** A new run starts with an empty log; the run before stays readable beside it. */
export function rotateLog(home: Home, name: string): void {
  const path = home.path("logs", `${name}.log`);
  if (existsSync(path)) renameSync(path, `${path}.1`);
}

/** Keeps a log of a long run bounded. The writer appends, so it goes on at the start of the emptied file. */
export function boundLog(path: string, maxBytes = 16 * 1024 * 1024): void {
  if (!existsSync(path) || statSync(path).size <= maxBytes) return;
  copyFileSync(path, `${path}.1`);
  truncateSync(path, 0);
}

export function lastLines(path: string, count = 15): string {
  if (!existsSync(path)) return "  (it wrote nothing)";
  const lines = readFileSync(path, "utf8").trimEnd().split("\n").slice(-count);
  return lines.map((line) => `  | ${line.slice(0, 400)}`).join("\n");
}

/** Name, how it ended and its last words: everything a person needs to look further. */
export function obituary(child: Child, how: string): string {
  return `${child.name} ${how}. Its last lines (${child.logPath}):\n${lastLines(child.logPath)}`;
}
