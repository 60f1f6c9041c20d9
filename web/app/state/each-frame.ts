/** Hidden tabs draw no frames; their state moves on at this pace. */
const hiddenMs = 250;

/** Frames closer together than this are let pass: text at 30 a second reads as smooth as at 60, for half the work. */
const minMs = 30;

/** Gathers calls into one per frame. `now` runs it at once and forgets the frame. */
export function eachFrame(run: () => void): { soon(): void; now(): void } {
  let frame: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ranAt = 0;

  function clear(): void {
    if (frame !== undefined) cancelAnimationFrame(frame);
    clearTimeout(timer);
    frame = undefined;
    timer = undefined;
  }
  function go(): void {
    clear();
    ranAt = performance.now();
    run();
  }
  function onFrame(at: number): void {
    if (at - ranAt >= minMs) go();
    else frame = requestAnimationFrame(onFrame);
  }
  return {
    soon() {
      if (frame !== undefined || timer !== undefined) return;
      frame = requestAnimationFrame(onFrame);
      timer = setTimeout(go, hiddenMs); // whichever comes first
    },
    now: go,
  };
}
