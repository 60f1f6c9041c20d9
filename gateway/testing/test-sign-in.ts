import type { SignInSettings } from "../auth/settings.ts";
import { providers } from "../users/accounts.ts";
import type { openTestApp } from "./test-app.ts";

type App = ReturnType<typeof openTestApp>;

export const testCallback = (provider: string) =>
  `https://api.eco2.example/api/v1/auth/${provider}/callback`;

/** All three services, at the fake one (`tests/fakes/fake-oauth.ts`). */
export function testProviders(
  fake: {
    readonly client: { readonly id: string; readonly secret: string };
    readonly baseUrl: string;
  },
  timeoutMs = 5000,
): SignInSettings["providers"] {
  const { client, baseUrl } = fake;
  return Object.fromEntries(
    providers.map((provider) => [
      provider,
      {
        clientId: client.id,
        clientSecret: client.secret,
        redirectUris: [testCallback(provider)] as const,
        baseUrl,
        timeoutMs,
      },
    ]),
  );
}

/** Cookies as a browser keeps them: by name, gone when told so. */
export class Jar {
  readonly cookies = new Map<string, string>();

  take(response: Response): Response {
    for (const line of response.headers.getSetCookie()) {
      const [pair = "", ...attributes] = line.split("; ");
      const [name = "", value = ""] = pair.split(/=(.*)/s);
      if (attributes.includes("Max-Age=0")) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }

  get header(): Record<string, string> {
    const pairs = [...this.cookies].map(([name, value]) => `${name}=${value}`);
    return pairs.length === 0 ? {} : { cookie: pairs.join("; ") };
  }
}

/** What a browser says of itself. */
export const browser = { "sec-fetch-mode": "navigate", "sec-fetch-site": "cross-site" };

/** From the first click to the page: start, the service, the callback. Returns the callback's answer. */
export async function signInBy(
  use: App,
  provider: string,
  options: { jar?: Jar; query?: string; change?: (back: URL) => void } = {},
): Promise<Response> {
  const { jar = new Jar(), query = "", change } = options;
  const path = `/api/v1/auth/${provider}${query}`;
  const begun = jar.take(await use.send("GET", path, { headers: jar.header }));
  if (begun.status !== 200) return begun;
  const { data } = (await begun.json()) as { data: { authorization_url: string } };
  const asked = await fetch(data.authorization_url, { redirect: "manual" });
  const back = new URL(asked.headers.get("location") ?? "");
  change?.(back);
  const headers = { ...browser, ...jar.header };
  return jar.take(await use.send("GET", back.pathname + back.search, { headers }));
}

export const whereTo = (response: Response) => [
  response.status,
  response.headers.get("location") ?? "",
];
export const failed = (page = "") => [302, `${page}/#/login?error=oauth_failed`];
