import { identify, isAlive, listProcesses } from "./processes.ts";

/** Whoever kills `npx` or `bun run` means us: neither always passes the signal on. Looks twice a second. */
export function watchLaunchers(stop: () => void): void {
  const launchers = launchersOf(process.ppid).flatMap((pid) => identify(pid) ?? []);
  const timer = setInterval(() => {
    if (launchers.every(isAlive)) return;
    clearInterval(timer);
    stop();
  }, 500);
  timer.unref();
}

/**
 * The processes between a person's shell and us that exist only to run us: `npx`, its `sh -c`, `bun run`.
 * Walks up from a pid and cuts after the topmost npm, npx or bun: a shell above those is the person's.
 */
export function launchersOf(pid: number, rows: readonly Row[] = listProcesses()): number[] {
  const chain: Row[] = [];
  for (let row = find(rows, pid); row && row.pid > 1; row = find(rows, row.ppid)) chain.push(row);
  const firstForeign = chain.findIndex((row) => !isRunner(row) && !isShell(row));
  const ours = firstForeign === -1 ? chain : chain.slice(0, firstForeign);
  return ours.slice(0, ours.findLastIndex(isRunner) + 1).map((row) => row.pid);
}

interface Row {
  readonly pid: number;
  readonly ppid: number;
  readonly command: string;
}

const find = (rows: readonly Row[], pid: number) => rows.find((row) => row.pid === pid);
/** `npm exec bun@1.4.5 run up`, `node …/npx-cli.js bun run up`, `bun run up`. */
const isRunner = ({ command }: Row) =>
  /^(\S*\/)?(npm|npx|bunx?|node)(\.exe)?\s.*\b(up|test)\b/.test(command);
const isShell = ({ command }: Row) => /^(\S*\/)?(ba|da|z)?sh\s+-c\b/.test(command);
