/** Progress lines for a person: elapsed time, then one fact. */
export interface Say {
  (fact: string): void;
  readonly warn: (fact: string) => void;
}

const colours = { dim: 2, red: 31, green: 32, yellow: 33, bold: 1 } as const;

/** Colour only where a person looks: on a terminal, and not where NO_COLOR is set. */
export function paint(colour: keyof typeof colours, text: string): string {
  const isWanted = process.stdout.isTTY && !process.env["NO_COLOR"];
  return isWanted ? `\u001b[${colours[colour]}m${text}\u001b[0m` : text;
}

export function startSaying(write: (line: string) => void = console.log): Say {
  const startedAt = performance.now();
  const line = (fact: string) => {
    const seconds = (performance.now() - startedAt) / 1000;
    write(`${paint("dim", `${seconds.toFixed(1).padStart(6)}s`)}  ${fact}`);
  };
  return Object.assign(line, { warn: (fact: string) => line(paint("yellow", fact)) });
}

/** Keeps the warnings, drops the rest. */
export function onlyWarnings(say: Say): Say {
  return Object.assign(() => {}, { warn: say.warn });
}
