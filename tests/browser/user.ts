import { SignJWT } from "jose";
import type { StackFile } from "../stack.ts";

/** A token as `bun run token` makes it. */
export function signToken(stack: StackFile, user: string): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(user)
    .setIssuer(stack.jwt_iss)
    .setAudience(stack.jwt_aud)
    .setIssuedAt()
    .setExpirationTime("1h")
    .setJti(crypto.randomUUID())
    .sign(new TextEncoder().encode(stack.jwt_secret));
}

/** Letters and digits only: Markdown and its drawing differ in everything else. */
export const plainText = (text: string): string =>
  text.replaceAll(/^[\s#*>]*\d+\. /gm, "").replaceAll(/[^\p{L}\p{N}]/gu, "");
