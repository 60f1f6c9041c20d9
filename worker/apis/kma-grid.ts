import type { Place } from "../../shared/places/place.ts";

/** A cell of the forecast grid: nx 1 to 149, ny 1 to 253, 5 km wide. */
export interface Grid {
  readonly nx: number;
  readonly ny: number;
}

// Lambert conformal conic with two standard parallels, as the weather service publishes it.
const degree = Math.PI / 180;
const gridRadius = 6371.00877 / 5.0;
const origin = { latitude: 38 * degree, longitude: 126 * degree, x: 43, y: 136 } as const;
const tangent = (latitude: number) => Math.tan(Math.PI / 4 + latitude / 2);
const [parallel1, parallel2] = [30 * degree, 60 * degree];
const cone =
  Math.log(Math.cos(parallel1) / Math.cos(parallel2)) /
  Math.log(tangent(parallel2) / tangent(parallel1));
const scale = (tangent(parallel1) ** cone * Math.cos(parallel1)) / cone;
const radiusAt = (latitude: number) => (gridRadius * scale) / tangent(latitude) ** cone;
const originRadius = radiusAt(origin.latitude);

/** The cell a place lies in, undefined outside the grid and for coordinates that are no numbers. */
export function gridOf({ latitude, longitude }: Place): Grid | undefined {
  const radius = radiusAt(latitude * degree);
  let angle = longitude * degree - origin.longitude;
  if (angle > Math.PI) angle -= 2 * Math.PI;
  if (angle < -Math.PI) angle += 2 * Math.PI;
  angle *= cone;
  const nx = Math.floor(radius * Math.sin(angle) + origin.x + 0.5);
  const ny = Math.floor(originRadius - radius * Math.cos(angle) + origin.y + 0.5);
  return nx >= 1 && nx <= 149 && ny >= 1 && ny <= 253 ? { nx, ny } : undefined;
}
