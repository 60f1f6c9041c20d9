/** What one look found. `trouble` makes the command fail, `note` is worth knowing. */
export interface Finding {
  readonly what: string;
  readonly state: "good" | "note" | "trouble";
  readonly says: string;
  /** What to do about it. */
  readonly todo?: string;
}

export const good = (what: string, says: string): Finding => ({ what, state: "good", says });
export const note = (what: string, says: string, todo: string): Finding => ({
  what,
  state: "note",
  says,
  todo,
});
export const trouble = (what: string, says: string, todo: string): Finding => ({
  what,
  state: "trouble",
  says,
  todo,
});

const lookMs = 5000;

/** Runs one look; what does not answer in time, or throws, is trouble. */
export async function look(
  what: string,
  todo: string,
  check: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("does not answer")), lookMs);
  try {
    return await Promise.race([check(), late.promise]);
  } catch (cause) {
    const says = cause instanceof Error && cause.message !== "" ? cause.message : "does not answer";
    return [trouble(what, says.split("\n")[0]?.slice(0, 200) ?? "", todo)];
  } finally {
    clearTimeout(timer);
  }
}

/** How far a store's clock is from ours; half of the way there and back is taken off. */
export function clockFinding(what: string, storeMs: number, askedMs: number, nowMs: number) {
  const skewMs = Math.round(storeMs - (askedMs + nowMs) / 2);
  const says = `clock ${skewMs >= 0 ? "+" : ""}${skewMs} ms from this machine`;
  const todo = "set the clocks right (NTP): tokens are judged with 60 s of leeway";
  if (Math.abs(skewMs) > 30_000) return trouble(what, says, todo);
  return Math.abs(skewMs) > 2000 ? note(what, says, todo) : good(what, says);
}
