/** What the registry knows against the packages we use, or why it could not be asked. */
export type Audit =
  | { readonly word: "clean" }
  | { readonly word: "found"; readonly lines: readonly string[] }
  | { readonly word: "unknown"; readonly reason: string };

/**
 * Asks the registry about every package of `bun.lock`. An answer decides; no answer (offline, or a mirror without
 * advisories) is `unknown`: a laptop in a train must be able to run the tests.
 */
export async function auditDependencies(
  env: Record<string, string | undefined> = process.env,
  signal?: AbortSignal,
): Promise<Audit> {
  const child = Bun.spawn([process.execPath, "audit", "--json"], {
    stdio: ["ignore", "pipe", "pipe"],
    env,
    timeout: 30_000,
    ...(signal ? { signal } : {}),
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  await child.exited;
  const found = advisoriesIn(stdout);
  if (!found) {
    const last = Bun.stripANSI(stderr).trim().split("\n").at(-1);
    return { word: "unknown", reason: last === undefined || last === "" ? "no answer" : last };
  }
  return found.length === 0 ? { word: "clean" } : { word: "found", lines: found };
}

interface Advisory {
  readonly severity?: string;
  readonly title?: string;
  readonly url?: string;
}

/** One line per advisory; undefined when this is no report. */
function advisoriesIn(report: string): string[] | undefined {
  try {
    const byName = JSON.parse(report) as Record<string, readonly Advisory[]>;
    return Object.entries(byName).flatMap(([name, advisories]) =>
      advisories.map(({ severity, title, url }) => `${name}: ${severity}: ${title} ${url}`),
    );
  } catch {
    return undefined;
  }
}
