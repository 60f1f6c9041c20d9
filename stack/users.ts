/** A user and group to run as. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

export const isRoot = process.getuid?.() === 0;

/** Whom PostgreSQL runs as when we are root, which it refuses: its own user if there is one, else nobody. */
export function unprivilegedUser(): User | undefined {
  if (!isRoot) return undefined;
  for (const name of ["postgres", "_postgres", "nobody"]) {
    const uid = idOf("-u", name);
    const gid = idOf("-g", name);
    if (uid && gid) return { uid, gid };
  }
  return undefined;
}

/** May this user pass through every folder on the way to this one? */
export function canReach(user: User, folder: string): boolean {
  return Bun.spawnSync(["test", "-x", folder], { cwd: "/", ...user }).success;
}

function idOf(flag: "-u" | "-g", name: string): number | undefined {
  const { success, stdout } = Bun.spawnSync(["id", flag, name], { stderr: "ignore" });
  const id = Number(stdout.toString().trim());
  return success && Number.isInteger(id) && id > 0 ? id : undefined;
}
