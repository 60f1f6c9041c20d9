import { location } from "../../shared/limits.ts";

/** Radius in meters by internal zoom, 1 (the country) to 20 (a house). */
const radii = [
  80_000, 60_000, 45_000, 30_000, 20_000, 15_000, 10_000, 8000, 6000, 4500, 3000, 2000, 1200, 800,
  500, 300, 200, 150, 120, 100,
] as const;

/** Kakao's level, 1 (a street) to 14 (the country), as internal zoom. */
export function internalZoom(level: number): number {
  const zoom = 1 + Math.floor((19 * (14 - level)) / 13 + 0.5);
  return Math.min(radii.length, Math.max(1, zoom));
}

/** What was asked for, else what the zoom shows, else the default; always within the limits. */
export function radiusFor(radius: number | undefined, level: number | undefined): number {
  const byZoom = level === undefined ? undefined : radii[internalZoom(level) - 1];
  const { min, max, fallback } = location.radiusMeters;
  return Math.min(max, Math.max(min, radius ?? byZoom ?? fallback));
}

/** Entries of one answer: the closer the map, the more a place counts. */
export function limitFor(level: number | undefined): number {
  if (level === undefined) return 200;
  const zoom = internalZoom(level);
  if (zoom >= 13) return 200;
  if (zoom >= 10) return 160;
  if (zoom >= 7) return 120;
  return zoom >= 4 ? 80 : 50;
}
