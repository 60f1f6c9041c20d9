export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/**
 * What `bun test` counted, from the end of its output. A run that crashed before its summary, or failed
 * without a failing test (nothing matched, a worker died), counts as one failure.
 */
export function countTests(output: string, exitCode: number): Counts {
  const plain = Bun.stripANSI(output);
  const last = (word: string) =>
    Number(
      plain
        .match(new RegExp(`^\\s*\\d+ ${word}$`, "gm"))
        ?.at(-1)
        ?.trim()
        .split(" ")[0] ?? 0,
    );
  const hasSummary = /^Ran \d+ tests? across \d+ files?\./m.test(plain);
  const failed = hasSummary ? Math.max(last("fail"), last("error") > 0 ? 1 : 0) : 0;
  return {
    passed: hasSummary ? last("pass") : 0,
    failed: failed === 0 && (exitCode !== 0 || !hasSummary) ? 1 : failed,
  };
}
