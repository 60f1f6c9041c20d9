import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { StackFailure } from "./failure.ts";

/** Reads flags strictly: `--help` prints the usage and exits 0, anything unknown exits 2. */
export function readFlags<const T extends ParseArgsOptionsConfig>(usage: string, options: T) {
  const withHelp = { ...options, help: { type: "boolean", short: "h" } } as const;
  const flags = parse(usage, withHelp);
  if ((flags as { help?: boolean }).help) {
    console.log(usage.trim());
    process.exit(0);
  }
  return flags;
}

function parse<const T extends ParseArgsOptionsConfig>(usage: string, options: T) {
  try {
    return parseArgs({ args: process.argv.slice(2), options, strict: true }).values;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StackFailure(`${reason}\n\n${usage.trim()}`, { exitCode: 2, cause });
  }
}

/** A whole number in a range, or exit 2. */
export function wholeNumber(flag: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new StackFailure(`${flag} wants a whole number from ${min} to ${max}, not "${text}"`, {
      exitCode: 2,
    });
  }
  return value;
}
