import { auth } from "../../shared/limits.ts";

/** What one look found. `trouble` makes the command fail, `note` is worth knowing. */
export interface Finding {
  readonly what: string;
  readonly state: "good" | "note" | "trouble";
  readonly says: string;
  /** What to do about it. */
  readonly advice?: string;
}

export const good = (what: string, says: string): Finding => ({ what, state: "good", says });
export const note = (what: string, says: string, advice: string): Finding => ({
  what,
  state: "note",
  says,
  advice,
});
export const trouble = (what: string, says: string, advice: string): Finding => ({
  what,
  state: "trouble",
  says,
  advice,
});

const lookMs = 5000;

/** Runs one look; what does not answer in time, or throws, is trouble. */
export async function look(
  what: string,
  advice: string,
  check: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("does not answer")), lookMs);
  try {
    return await Promise.race([check(), late.promise]);
  } catch (cause) {
    const says = cause instanceof Error && cause.message !== "" ? cause.message : "does not answer";
    return [trouble(what, says.split("\n")[0]?.slice(0, 200) ?? "", advice)];
  } finally {
    clearTimeout(timer);
  }
}

/** How far a store's clock is from ours; half of the way there and back is taken off. */
export function clockFinding(what: string, storeMs: number, askedMs: number, nowMs: number) {
  const skewMs = Math.round(storeMs - (askedMs + nowMs) / 2);
  const says = `clock ${skewMs >= 0 ? "+" : ""}${skewMs} ms from this machine`;
  const advice = `set the clocks right (NTP): tokens are judged with ${auth.leewaySeconds} s of leeway`;
  if (Math.abs(skewMs) > auth.leewaySeconds * 1000) return trouble(what, says, advice);
  return Math.abs(skewMs) > 2000 ? note(what, says, advice) : good(what, says);
}
