import { expect, test } from "bun:test";
import { clearTokens, type CookieSettings } from "./cookies.ts";
import { setTokens } from "./give-tokens.ts";

const settings: CookieSettings = { domain: "eco2.example", isSecure: true, sameSite: "Lax" };
const pair = { access: "a", refresh: "r" };

/** What a browser on api.eco2.example holds after these lines, by name and the hosts it is sent to. */
function held(lines: readonly string[], before: readonly string[] = []): string[] {
  const jar = new Map<string, string>();
  for (const line of [...before, ...lines]) {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    const key = `${name} @${/Domain=([^;]+)/.exec(line)?.[1] ?? "host"}`;
    if (line.includes("Max-Age=0;")) jar.delete(key);
    else jar.set(key, value);
  }
  return [...jar.keys()].sort();
}

function linesOf(domain: string | undefined, write: "set" | "clear"): string[] {
  const headers = new Headers();
  const cookies = { ...settings, domain };
  const auth = { cookies, accessSeconds: 60, refreshSeconds: 600 };
  if (write === "clear") clearTokens(cookies, headers);
  else setTokens({ auth }, headers, pair);
  return headers.getSetCookie();
}

test("a domain that is configured later leaves no second cookie of one name", () => {
  const before = linesOf(undefined, "set");
  expect(held(before)).toEqual(["s_access @host", "s_refresh @host"]);
  const both = ["s_access @eco2.example", "s_refresh @eco2.example"];
  expect(held(linesOf("eco2.example", "set"), before)).toEqual(both);
  expect(held(linesOf("eco2.example", "clear"), before)).toEqual([]);
});

test("what takes the old ones away comes before the new ones", () => {
  const lines = linesOf("eco2.example", "set").map((line) => line.split(";")[0]);
  expect(lines).toEqual(["s_access=", "s_refresh=", "s_access=a", "s_refresh=r"]);
  expect(linesOf(undefined, "set")).toHaveLength(2);
});
