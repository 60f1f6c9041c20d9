import { SignJWT } from "jose";
import { auth } from "../shared/limits.ts";
import { StackFailure, runCommand } from "./failure.ts";
import { readFlags } from "./flags.ts";
import { homeOf } from "./home.ts";
import { savedSecrets } from "./secrets.ts";
import { readStackFile } from "./stack-file.ts";
import { jwtDefaults } from "./start-fleet.ts";

const devUser = "00000000-0000-4000-8000-0000000000de";

const usage = `
Usage: bun run token [--user UUID] [--ttl 24h] [--link]

Prints a signed token for the stack of this folder.

  --user UUID   whose token (default ${devUser})
  --ttl TIME    how long it is good, as in 90s, 15m, 1h, at most 7d (default 24h)
  --link        the address of the page with the token in it, to open in a browser
  --help        this text

Signed with JWT_SECRET, JWT_ISS and JWT_AUD where they are set, else with what the stack uses.`;

const uuid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;
const secondsPer = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

await runCommand(async () => {
  const flags = readFlags(usage, {
    user: { type: "string", default: devUser },
    ttl: { type: "string", default: "24h" },
    link: { type: "boolean", default: false },
  });
  if (!uuid.test(flags.user)) throw new StackFailure(`"${flags.user}" is no UUID`, { exitCode: 2 });
  const ttlSeconds = parseTtl(flags.ttl);
  const home = homeOf(process.cwd());
  const stack = readStackFile(home);
  const env = process.env;
  const secret = env["JWT_SECRET"] || stack?.jwt_secret || savedSecrets(home)?.jwt_secret;
  if (!secret) {
    throw new StackFailure(
      "no secret to sign with: run `bun run up` once in this folder, or set JWT_SECRET",
    );
  }
  const token = await new SignJWT()
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(flags.user)
    .setIssuer(env["JWT_ISS"] || stack?.jwt_iss || jwtDefaults.iss)
    .setAudience(env["JWT_AUD"] || stack?.jwt_aud || jwtDefaults.aud)
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1000) + ttlSeconds)
    .setJti(crypto.randomUUID())
    .sign(new TextEncoder().encode(secret));
  if (flags.link && !stack) throw new StackFailure("no stack runs here: `bun run up` first");
  // in the fragment: a browser keeps it to itself
  console.log(flags.link ? `${stack?.base_url}/#token=${token}` : token);
  return 0;
});

function parseTtl(text: string): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const seconds = Number(count) * secondsPer[(unit ?? "s") as keyof typeof secondsPer];
  if (seconds > 0 && seconds <= auth.maxTokenSeconds) return seconds;
  throw new StackFailure(`--ttl wants a time like 90s, 15m, 1h or at most 7d, not "${text}"`, {
    exitCode: 2,
  });
}
