import { join } from "node:path";

type Role = "gateway" | "router" | "worker";

/** One process of the fleet, as data. */
export interface FleetProcess {
  readonly name: string;
  readonly role: Role;
  readonly argv: string[];
  readonly cwd: string;
  readonly adminPort: number;
  /** Only the gateway has one. */
  readonly httpPort?: number;
}

export interface FleetWish {
  readonly workers: number;
  readonly portOf: (name: string) => number;
}

const root = join(import.meta.dir, "..");

/** The fleet of one machine: a gateway and a router with all their roles, and N workers. */
export function fleetTable({ workers, portOf }: FleetWish): FleetProcess[] {
  const bun = process.execPath;
  const workerNames = Array.from({ length: workers }, (_, index) => `worker-${index + 1}`);
  return [
    {
      name: "gateway",
      role: "gateway",
      argv: [bun, "gateway/main.ts", "all"],
      cwd: root,
      adminPort: portOf("gateway_admin"),
      httpPort: portOf("gateway_http"),
    },
    {
      name: "router",
      role: "router",
      argv: [bun, "router/main.ts", "all"],
      cwd: root,
      adminPort: portOf("router_admin"),
    },
    ...workerNames.map((name) => ({
      name,
      role: "worker" as const,
      argv: [bun, "worker/main.ts"],
      cwd: root,
      adminPort: portOf(`${name}_admin`),
    })),
  ];
}

export function fleetPortNames(workers: number) {
  const workerNames = Array.from({ length: workers }, (_, index) => `worker-${index + 1}`);
  return [
    { name: "gateway_http", variable: "ECO2_HTTP_PORT" },
    { name: "gateway_admin", variable: "ECO2_ADMIN_PORT" },
    { name: "router_admin" },
    ...workerNames.map((name) => ({ name: `${name}_admin` })),
  ];
}

export async function isReady(process: FleetProcess): Promise<boolean> {
  const response = await fetch(`${adminUrl(process)}/ready`, { signal: AbortSignal.timeout(2000) });
  return response.status === 200;
}

export function adminUrl(process: FleetProcess): string {
  return `http://127.0.0.1:${process.adminPort}`;
}
