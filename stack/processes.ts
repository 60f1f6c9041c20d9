import { readdirSync, readFileSync } from "node:fs";
import { uptime } from "node:os";

/** A process for certain: a pid alone may belong to somebody else by now. */
export interface ProcessId {
  readonly pid: number;
  /** When it started, in the words of the system; equal only for the same process. */
  readonly start: string;
}

export interface ProcessRow extends ProcessId {
  readonly ppid: number;
  /** Resident memory, and the part no other process shares (where the system tells). */
  readonly rssBytes: number;
  readonly privateBytes: number;
  readonly cpuSeconds: number;
  readonly uptimeSeconds: number;
  readonly command: string;
}

const isLinux = process.platform === "linux";
const ticksPerSecond = 100; // USER_HZ, fixed for user space on every Linux architecture

/** The running process with this pid; a zombie counts as gone. */
export function identify(pid: number): ProcessId | undefined {
  const row = isLinux ? readProc(pid) : readPs(["-p", String(pid)])[0];
  return row && { pid: row.pid, start: row.start };
}

export function isAlive(id: ProcessId): boolean {
  return identify(id.pid)?.start === id.start;
}

export function listProcesses(): ProcessRow[] {
  if (!isLinux) return readPs(["-ax"]);
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => readProc(Number(pid)) ?? []);
}

/** Children, their children and so on, without the process itself. */
export function descendantsOf(pid: number, rows: ProcessRow[] = listProcesses()): ProcessRow[] {
  const children = rows.filter((row) => row.ppid === pid);
  return children.flatMap((child) => [child, ...descendantsOf(child.pid, rows)]);
}

/** Sends a signal if this very process still runs. */
export function signalProcess(id: ProcessId, signal: NodeJS.Signals): void {
  if (!isAlive(id)) return;
  try {
    process.kill(id.pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** Resolves true once every process is gone, false at the deadline. */
export async function waitGone(ids: readonly ProcessId[], withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (ids.some(isAlive)) {
    if (performance.now() > deadline) return false;
    await Bun.sleep(20);
  }
  return true;
}

let bootId: string | undefined;

function readProc(pid: number): ProcessRow | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may itself hold spaces and parentheses; numbers follow the last one.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return undefined;
    bootId ??= readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const kilobytes = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0);
    return {
      pid,
      ppid: Number(fields[1]),
      start: `${fields[19]}@${bootId}`,
      rssBytes: kilobytes("VmRSS") * 1024,
      privateBytes: kilobytes("RssAnon") * 1024,
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
      uptimeSeconds: uptime() - Number(fields[19]) / ticksPerSecond,
      command: readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim(),
    };
  } catch {
    return undefined; // gone between listing and reading
  }
}

function readPs(selection: string[]): ProcessRow[] {
  const columns = "pid=,ppid=,rss=,stat=,time=,lstart=,command=";
  const { stdout } = Bun.spawnSync(["ps", ...selection, "-o", columns], {
    env: { ...process.env, LC_ALL: "C" },
  });
  return stdout.toString().split("\n").flatMap(parsePs);
}

/** One line of `ps`: `12 1 2048 Ss 0:01.50 Fri Nov 20 21:23:00 2026 /bin/x --flag`. */
export function parsePs(line: string): ProcessRow[] {
  const pattern =
    /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+)\s+(\S+\s+\S+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/;
  const [, pid, ppid, rss, state, time, start, command] = pattern.exec(line) ?? [];
  if (!pid || !time || !start || state?.startsWith("Z")) return [];
  const rssBytes = Number(rss) * 1024;
  const cpuSeconds = time
    .split(/[:-]/)
    .map(Number)
    .reverse()
    .reduce((sum, part, index) => sum + part * ([1, 60, 3600, 86_400][index] ?? 0), 0);
  return [
    {
      pid: Number(pid),
      ppid: Number(ppid),
      start,
      rssBytes,
      privateBytes: rssBytes,
      cpuSeconds,
      uptimeSeconds: (Date.now() - Date.parse(start)) / 1000,
      command: command ?? "",
    },
  ];
}

/**
 * Kills every process whose environment holds this mark, however far it has gone from who started it. Linux
 * only: elsewhere an environment cannot be read. Returns their command lines.
 */
export async function endMarked(variable: string, value: string): Promise<string[]> {
  if (!isLinux) return [];
  const marked = listProcesses().filter((row) => {
    if (row.pid === process.pid) return false;
    try {
      const environment = readFileSync(`/proc/${row.pid}/environ`, "utf8").split("\0");
      return environment.includes(`${variable}=${value}`);
    } catch {
      return false; // gone, or another user's
    }
  });
  for (const row of marked) signalProcess(row, "SIGKILL");
  await waitGone(marked, 5000);
  return marked.map((row) => row.command);
}
