import type { Place } from "../../client/wire.ts";

const waitMs = 8000;
/** A place this old is still where the person is. */
const maxAgeMs = 5 * 60_000;

/** Asks the browser where it is; undefined when it may not or cannot say. */
export function askPlace(timeoutMs = waitMs): Promise<Place | undefined> {
  return new Promise((resolve) => {
    const { geolocation } = navigator;
    if (!geolocation) return resolve(undefined);
    geolocation.getCurrentPosition(
      ({ coords }) =>
        resolve({ latitude: round(coords.latitude), longitude: round(coords.longitude) }),
      () => resolve(undefined),
      { timeout: timeoutMs, maximumAge: maxAgeMs },
    );
  });
}

/** Four decimals are ten metres: enough to find a box, not a flat. */
const round = (degrees: number) => Math.round(degrees * 10_000) / 10_000;
