import * as v from "valibot";

/** Whole numbers from the environment, in a closed range. */
export function envInteger(min: number, max: number) {
  return v.pipe(
    v.string(),
    v.regex(/^\d+$/, `must be a whole number from ${min} to ${max}`),
    v.transform(Number),
    v.minValue(min, `must be at least ${min}`),
    v.maxValue(max, `must be at most ${max}`),
  );
}

/** A URL with one of these schemes; credentials in it are never printed. */
export function envUrl(...schemes: string[]) {
  return v.pipe(
    v.string(),
    v.check(
      (text) => URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1)),
      `must be a URL starting with ${schemes.map((scheme) => `${scheme}://`).join(" or ")}`,
    ),
  );
}

/** What keys of locks and assistant memories begin with: `CACHE_NAMESPACE`, the same in every process. */
export function envNamespace() {
  return v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,32}$/, "must be a short name such as eco2"));
}

/** Where a Redis is: itself, or the Sentinels that know its master (`shared/clients/redis.ts`). */
export function envRedisUrl() {
  return v.pipe(
    v.string(),
    v.check(
      (text) =>
        /^rediss?:/.test(text)
          ? URL.canParse(text)
          : /^redis\+sentinel:\/\/[^/]+\/[^/?]+(\?db=\d+)?$/.test(text),
      "must be redis://…, rediss://… or redis+sentinel://host:port,host:port/set",
    ),
  );
}

/** `true` or `false`. */
export function envFlag(isOn: boolean) {
  return v.pipe(
    v.optional(v.picklist(["true", "false"], "must be true or false"), String(isOn) as "true"),
    v.transform((text) => text === "true"),
  );
}

/**
 * Reads a process's configuration. Empty variables count as missing. Throws one error that names every
 * wrong variable and what is allowed, without the values.
 */
export function readEnv<const Schema extends v.GenericSchema>(
  schema: Schema,
  env: Readonly<Record<string, string | undefined>>,
): v.InferOutput<Schema> {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const result = v.safeParse(schema, present);
  if (result.success) return result.output;
  const problems = result.issues.map((issue) => {
    const name = v.getDotPath(issue) ?? "environment";
    const missing = issue.input === undefined;
    return `  ${name}: ${missing ? "is missing" : issue.message}`;
  });
  throw new Error(`configuration is not usable:\n${problems.join("\n")}`);
}
