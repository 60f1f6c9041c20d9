/** Hidden tabs draw no frames; their state moves on at this pace. */
const hiddenMs = 250;

/** Gathers calls into one per frame. `now` runs it at once and forgets the frame. */
export function eachFrame(run: () => void): { soon(): void; now(): void } {
  let frame: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function clear(): void {
    if (frame !== undefined) cancelAnimationFrame(frame);
    clearTimeout(timer);
    frame = undefined;
    timer = undefined;
  }
  function go(): void {
    clear();
    run();
  }
  return {
    soon() {
      if (frame !== undefined || timer !== undefined) return;
      frame = requestAnimationFrame(go);
      timer = setTimeout(go, hiddenMs); // whichever comes first
    },
    now: go,
  };
}
