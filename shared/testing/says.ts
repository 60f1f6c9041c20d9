/** What one call of the fake model does: says these pieces, in order; a function runs between them. */
type Piece = string | ((signal: AbortSignal) => Promise<unknown> | void);

/** A model that says what it is told: `says("라벨을 ", "떼세요")`. Stops when its signal aborts. */
export function says(
  ...pieces: readonly Piece[]
): (prompt: unknown, signal: AbortSignal) => AsyncIterable<string> {
  return async function* (_prompt, signal) {
    for (const piece of pieces) {
      signal.throwIfAborted();
      if (typeof piece === "string") yield piece;
      else await piece(signal);
    }
  };
}

/** For `says`: waits until the run is aborted, then throws as an aborted request would. */
export function hangs(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () => reject(new DOMException("aborted", "AbortError"));
    if (signal.aborted) fail();
    else signal.addEventListener("abort", fail, { once: true });
  });
}
