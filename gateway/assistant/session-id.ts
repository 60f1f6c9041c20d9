import { AppError } from "../../shared/errors.ts";

/** What a session may be called. */
export const sidPattern = /^[A-Za-z0-9_-]{1,128}$/;

/** A new name where none was sent. Throws `INVALID_SESSION_ID`. */
export function sidOf(sent: string | null | undefined): string {
  if (sent === undefined || sent === null || sent === "") return crypto.randomUUID();
  if (!sidPattern.test(sent)) throw new AppError("INVALID_SESSION_ID");
  return sent;
}
