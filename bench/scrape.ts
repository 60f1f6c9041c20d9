/** One process's metrics: the sum of every series of a name, optionally of those with these labels. */
export interface Scraped {
  readonly ms: number;
  readonly bytes: number;
  sum(name: string, labels?: Readonly<Record<string, string>>): number;
}

/** Reads `/metrics` of an admin port. */
export async function scrape(adminUrl: string): Promise<Scraped> {
  const startedAt = performance.now();
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  const ms = performance.now() - startedAt;
  const series = [...text.matchAll(/^([a-z_]+)(?:\{(.*)\})? (\S+)$/gm)].map(
    ([, name = "", labels = "", value]) => ({ name, labels, value: Number(value) }),
  );
  return {
    ms,
    bytes: text.length,
    sum: (name, labels = {}) => {
      const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
      return series
        .filter((one) => one.name === name && wanted.every((each) => one.labels.includes(each)))
        .reduce((total, one) => total + one.value, 0);
    },
  };
}
