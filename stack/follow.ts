import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { basename } from "node:path";
import type { Home } from "./home.ts";
import { paint } from "./say.ts";

/** Calls back for every whole line that appears in a file from now on, also after it was emptied or replaced. */
export function followFile(path: string, onLine: (line: string) => void, fromEnd = false) {
  const decoder = new TextDecoder();
  let rest = "";
  let position = fromEnd && existsSync(path) ? Bun.file(path).size : 0;
  const read = () => {
    if (!existsSync(path)) return;
    const file = openSync(path, "r");
    try {
      const { size } = fstatSync(file);
      if (size < position) position = 0;
      const bytes = Buffer.alloc(Math.min(size - position, 1024 * 1024));
      position += readSync(file, bytes, 0, bytes.length, position);
      const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onLine(line);
    } finally {
      closeSync(file);
    }
  };
  const timer = setInterval(read, 100);
  return {
    stop() {
      clearInterval(timer);
      read();
    },
  };
}

/** Shows the fleet's log lines in the foreground: all of them, or warnings and errors. */
export function followLogs(home: Home, which: "all" | "problems"): () => void {
  const follows = new Map<string, ReturnType<typeof followFile>>();
  const look = () => {
    for (const file of readdirSync(home.path("logs"))) {
      if (follows.has(file) || !/^(gateway|router|worker-\d+)\.log$/.test(file)) continue;
      const name = basename(file, ".log").padEnd(9);
      const show = (line: string) => {
        if (which === "all" || isProblem(line)) console.log(`${paint("dim", name)} ${line}`);
      };
      follows.set(file, followFile(home.path("logs", file), show, true));
    }
  };
  look();
  const timer = setInterval(look, 500);
  return () => {
    clearInterval(timer);
    for (const follow of follows.values()) follow.stop();
  };
}

/** A JSON line of level warn or error, or anything that is no JSON line (a crash of the runtime). */
function isProblem(line: string): boolean {
  return !line.startsWith("{") || /"log\.level":"(warn|error)"/.test(line);
}
