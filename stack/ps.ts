import { StackFailure, runCommand } from "./failure.ts";
import { readFlags } from "./flags.ts";
import { homeOf } from "./home.ts";
import { descendantsOf, listProcesses, type ProcessRow } from "./processes.ts";
import { paint } from "./say.ts";
import { serviceNames } from "./services.ts";
import { readStackFile, type StackFile } from "./stack-file.ts";

const usage = `
Usage: bun run ps [--json]

Shows the processes of this folder's stack: role, pid, memory, CPU (over half a second), URL, uptime.
Memory of PostgreSQL and RabbitMQ includes their child processes; shared pages count once.

  --json    for programs
  --help    this text`;

interface Row {
  readonly role: string;
  readonly pid: number | null;
  readonly rss_bytes: number | null;
  readonly cpu_percent: number | null;
  readonly url: string;
  readonly admin_url: string | null;
  readonly uptime_seconds: number | null;
}

const sampleMs = 500;

await runCommand(async () => {
  const flags = readFlags(usage, { json: { type: "boolean", default: false } });
  const file = readStackFile(homeOf(process.cwd()));
  if (!file)
    throw new StackFailure("no stack is ready in this folder; start one with `bun run up`");
  const before = listProcesses();
  await Bun.sleep(sampleMs);
  const after = listProcesses();
  const rows = describe(file).map((row) => measure(row, before, after));
  console.log(flags.json ? JSON.stringify(rows, null, 2) : table(rows));
  return 0;
});

type Described = Pick<Row, "role" | "pid" | "url" | "admin_url">;

function describe(file: StackFile): Described[] {
  const { pids, admin, services } = file;
  const workers = pids.workers.map((pid, index) => {
    const admin_url = admin.workers[index] ?? "";
    return { role: `worker-${index + 1}`, pid, url: "", admin_url };
  });
  return [
    { role: "supervisor", pid: file.supervisor_pid, url: "", admin_url: null },
    { role: "gateway", pid: pids.gateway, url: file.base_url, admin_url: admin.gateway },
    { role: "router", pid: pids.router, url: "", admin_url: admin.router },
    ...workers,
    ...serviceNames.map((role) => {
      const { pid, url } = services[role];
      return { role, pid, url: withoutPassword(url), admin_url: null };
    }),
  ];
}

function measure(row: Described, before: ProcessRow[], after: ProcessRow[]): Row {
  const self = after.find((each) => each.pid === row.pid);
  if (!self) return { ...row, rss_bytes: null, cpu_percent: null, uptime_seconds: null };
  const children = row.role === "supervisor" ? [] : descendantsOf(self.pid, after);
  const family = [self, ...children];
  const cpuSeconds = family.map((each) => {
    const earlier = before.find((other) => other.pid === each.pid);
    return each.cpuSeconds - (earlier?.cpuSeconds ?? 0);
  });
  return {
    ...row,
    rss_bytes: self.rssBytes + sum(children.map((child) => child.privateBytes)),
    cpu_percent: (sum(cpuSeconds) / (sampleMs / 1000)) * 100,
    uptime_seconds: Math.round(self.uptimeSeconds),
  };
}

function table(rows: readonly Row[]): string {
  const header = ["ROLE", "PID", "RSS", "CPU", "UP", "URL", "ADMIN"];
  const cells = rows.map((row) => [
    row.role,
    row.pid === null ? "-" : String(row.pid),
    row.rss_bytes === null ? missing(row) : `${(row.rss_bytes / 1024 ** 2).toFixed(1)} MB`,
    row.cpu_percent === null ? "-" : `${row.cpu_percent.toFixed(0)} %`,
    row.uptime_seconds === null ? "-" : duration(row.uptime_seconds),
    row.url || "-",
    row.admin_url ?? "-",
  ]);
  const widths = header.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const isNumber = (column: number) => column >= 1 && column <= 4;
  const line = (row: string[]) =>
    row
      .map((cell, column) =>
        isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return [paint("bold", line(header)), ...cells.map(line)].join("\n");
}

/** No pid: a service given by its URL. A pid without a process: it died a moment ago. */
function missing(row: Row): string {
  return row.pid === null ? "not ours" : "gone";
}

function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return `${seconds}s`;
  if (minutes < 60) return `${minutes}m ${seconds % 60}s`;
  return `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
}

function withoutPassword(text: string): string {
  const url = new URL(text);
  if (url.password) url.password = "***";
  return url.toString();
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
