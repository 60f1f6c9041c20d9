import * as v from "valibot";
import { AppError } from "../../shared/errors.ts";
import { keys } from "../../shared/keys.ts";
import { signIn } from "../../shared/limits.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";
import type { Ctx, Deps } from "../deps.ts";
import { validate } from "../http/body.ts";
import { type Profile, type Provider, providers } from "../users/accounts.ts";
import { devPath, devRedirectUri, ownOrigin } from "./dev-address.ts";
import { randomText } from "./flow-state.ts";

const Asked = v.object({
  provider: v.picklist(providers),
  redirect_uri: v.string(),
  state: v.pipe(v.string(), v.regex(/^[\w-]{43}$/, "must be the state of a sign-in")),
});
const Chosen = v.object({
  ...Asked.entries,
  name: v.pipe(
    v.string(),
    v.regex(/^[\p{L}\p{N}._-]{1,40}$/u, "must be 1 to 40 letters or digits"),
  ),
});
const Person = v.object({ provider: v.picklist(providers), name: v.string() });

/** It has no script; its form leads on to wherever the sign-in began. */
const policy =
  "default-src 'none'; style-src 'unsafe-inline'; form-action http: https:; frame-ancestors 'none'";

/** A form with one field. Throws `NOT_FOUND` when called by another name, `VALIDATION_ERROR`. */
export function showPage(c: Ctx): Response {
  ownOrigin(c);
  const { provider, redirect_uri, state } = checked(c, Asked);
  const hidden = Object.entries({ provider, redirect_uri, state })
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`)
    .join("");
  const html = `<!doctype html><html lang="ko"><meta charset="utf-8"><title>개발용 로그인</title>
<meta name="viewport" content="width=device-width"><style>body{font:16px system-ui;display:grid;place-items:center;
min-height:90vh;margin:0}form{display:grid;gap:12px;width:min(320px,90vw)}input,button{font:inherit;padding:10px}</style>
<form action="${devPath}/sign-in"><h1>개발용 로그인</h1><p>이 컴퓨터에서만 쓰는 로그인입니다. 누구든 될 수 있습니다.</p>
<label>이름 <input name="name" value="eco2" required maxlength="40" pattern="[\\p{L}\\p{N}._\\-]+" autofocus></label>
${hidden}<button>로그인</button></form></html>`;
  return new Response(html, {
    headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": policy },
  });
}

/** Back to the callback, with a code that is good once. Throws as `showPage`. */
export async function chooseName(c: Ctx, { redis }: Deps): Promise<Response> {
  ownOrigin(c);
  const { provider, redirect_uri, state, name } = checked(c, Chosen);
  if (redirect_uri !== devRedirectUri(c, provider)) throw new AppError("NOT_FOUND");
  const code = randomText(32);
  const person = JSON.stringify({ provider, name });
  await redis.set(keys.devCode(code), person, "EX", signIn.devCodeSeconds);
  const Location = `${redirect_uri}?${new URLSearchParams({ code, state }).toString()}`;
  return new Response(null, { status: 302, headers: { Location } });
}

/** Who was chosen. Throws `UNAUTHORIZED` for a code that is used, too old, or another service's. */
export async function redeemDevCode(
  redis: ScriptedRedis,
  provider: Provider,
  code: string,
): Promise<Profile> {
  const held = /^[\w-]{43}$/.test(code) ? await redis.getdel(keys.devCode(code)) : null;
  const person = v.safeParse(v.pipe(v.string(), v.parseJson(), Person), held);
  if (!person.success || person.output.provider !== provider) {
    throw new AppError("UNAUTHORIZED", { detail: "the code is not good" });
  }
  const { name } = person.output;
  return { provider, providerUserId: `dev:${name}`, nickname: name };
}

function checked<const Schema extends v.GenericSchema>(c: Ctx, schema: Schema) {
  return validate(schema, c.req.query());
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};
const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (char) => entities[char] ?? "");
