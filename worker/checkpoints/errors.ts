import { AppError } from "../../shared/errors.ts";

/** A store did not answer, so nobody knows whether there is a checkpoint. Never means that there is none. */
export class CheckpointUnreachable extends AppError {
  /** Whether reading or writing met it. */
  readonly during: "read" | "write";

  constructor(during: "read" | "write", cause: unknown) {
    super("UNAVAILABLE", { detail: `checkpoints cannot be reached for a ${during}`, cause });
    this.name = "CheckpointUnreachable";
    this.during = during;
  }
}

/** Another attempt has the thread, or its job ended: what this one wanted to write is not wanted. */
export class CheckpointStale extends AppError {
  constructor() {
    super("ATTEMPT_STALE", { detail: "another attempt writes this thread" });
    this.name = "CheckpointStale";
  }
}

/** What was stored is not a checkpoint of ours; nothing was built from it. */
export class CheckpointCorrupt extends AppError {
  constructor(problem: string, options: { cause?: unknown } = {}) {
    super("INTERNAL", { detail: `a stored checkpoint was refused: ${problem}`, ...options });
    this.name = "CheckpointCorrupt";
  }
}

/** Errors with a code are answers; every other means that the store was not reached. */
export async function reach<Value>(
  during: "read" | "write",
  ask: () => Promise<Value>,
): Promise<Value> {
  try {
    return await ask();
  } catch (cause) {
    if (cause instanceof AppError || cause instanceof TypeError) throw cause;
    throw new CheckpointUnreachable(during, cause);
  }
}
