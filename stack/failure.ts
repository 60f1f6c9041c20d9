/** A failure a person can act on: printed as its message, without a stack trace. */
export class StackFailure extends Error {
  readonly exitCode: number;

  constructor(message: string, options: { exitCode?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.exitCode = options.exitCode ?? 1;
  }
}

/** Runs a command and turns what it throws into an exit code and a line on stderr. */
export async function runCommand(command: () => Promise<number>): Promise<never> {
  try {
    process.exit(await command());
  } catch (error) {
    if (!(error instanceof StackFailure)) throw error;
    console.error(error.message);
    process.exit(error.exitCode);
  }
}
