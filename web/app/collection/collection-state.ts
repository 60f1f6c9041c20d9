import { signal } from "@preact/signals";
import { callJson } from "../../client/request.ts";
import { afterSignIn, connection, isRefused } from "../state/session.ts";

export interface Character {
  readonly name: string;
  readonly type: string;
  readonly dialog: string;
  readonly match?: string;
}
interface Owned {
  readonly name: string;
  readonly acquired_at: string;
}
interface Collection {
  readonly all: readonly Character[];
  /** When each was earned, by name. */
  readonly owned: ReadonlyMap<string, Date>;
}

export const collection = signal<Collection | undefined>(undefined);
export const hasFailed = signal(false);

/** Reads the catalogue and what of it is the caller's. What was shown stays until then. */
export async function loadCollection(): Promise<void> {
  hasFailed.value = false;
  try {
    const [all, owned] = await Promise.all([
      callJson<Character[]>(connection, "/api/v1/character/catalog"),
      callJson<Owned[]>(connection, "/api/v1/users/me/characters"),
    ]);
    const byName = owned.map(({ name, acquired_at }) => [name, new Date(acquired_at)] as const);
    collection.value = { all, owned: new Map(byName) };
  } catch (error) {
    if (isRefused(error)) afterSignIn(() => void loadCollection());
    hasFailed.value = true;
  }
}
