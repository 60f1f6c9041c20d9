export interface Deadline {
  /** Waiting for a person is not the job's time. */
  extend(ms: number): void;
  clear(): void;
}

/** Calls `onPassed` after `ms`, unless extended or cleared. */
export function startDeadline(ms: number, onPassed: () => void): Deadline {
  let atMs = performance.now() + Math.max(0, ms);
  const start = () => setTimeout(onPassed, Math.max(0, atMs - performance.now()));
  let timer = start();
  return {
    extend: (more) => {
      atMs += more;
      clearTimeout(timer);
      timer = start();
    },
    clear: () => clearTimeout(timer),
  };
}
