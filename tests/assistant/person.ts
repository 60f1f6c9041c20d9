import { SignJWT } from "jose";
import { openSocket, type TestSocket } from "../../gateway/testing/ws-client.ts";
import { until } from "../../shared/testing/until.ts";
import type { StackFile } from "../stack.ts";

/** Somebody who talks to a running fleet over a raw socket. */
export interface Person extends TestSocket {
  /** Sends a message; resolves with the milliseconds to the first words and the frames, up to the last one. */
  turn(message: string, sid?: string): Promise<{ firstMs: number; frames: readonly string[] }>;
}

const isEnd = (frame: string) => frame === "[DONE]" || frame.startsWith('{"error"');

export async function person(
  stack: Pick<StackFile, "base_url" | "jwt_secret" | "jwt_iss" | "jwt_aud">,
  user: string = crypto.randomUUID(),
): Promise<Person & { readonly token: string }> {
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(user)
    .setJti(crypto.randomUUID())
    .setIssuer(stack.jwt_iss)
    .setAudience(stack.jwt_aud)
    .setExpirationTime("1h")
    .sign(new TextEncoder().encode(stack.jwt_secret));
  const url = `${stack.base_url.replace(/^http/, "ws")}/ws/chat`;
  const socket = await openSocket(url, { protocols: ["bearer", token] });
  return {
    ...socket,
    token,
    async turn(message, sid) {
      const from = socket.texts.length;
      const first = Promise.withResolvers<number>();
      const sentAt = performance.now();
      socket.raw.once("message", () => first.resolve(performance.now() - sentAt));
      socket.send({ message, ...(sid ? { session_id: sid } : {}) });
      const firstMs = await first.promise;
      const end = await until(
        () => socket.texts.findIndex((one, i) => i >= from && isEnd(one)) + 1,
        {
          timeoutMs: 120_000,
          what: "the end of a turn",
        },
      );
      return { firstMs, frames: socket.texts.slice(from, end) };
    },
  };
}
