import { runCommand } from "./failure.ts";
import { fleetTable } from "./fleet.ts";
import { runUp } from "./run-up.ts";

// Starts the local stack: `bun run up`.
await runCommand(() => runUp(fleetTable));
