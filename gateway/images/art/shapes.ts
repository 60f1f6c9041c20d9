// Shapes as distances: how far a point is from the edge, below zero inside. One look per pixel then gives a smooth edge.

type Distance = (x: number, y: number) => number;

export interface Shape {
  readonly distance: Distance;
  /** The box its inside lies in: left, top, right, bottom. */
  readonly box: readonly [number, number, number, number];
  /** `#rrggbb`, with two more digits for how opaque. */
  readonly fill: string;
  /** Colour of a line around it. */
  readonly edge?: string | undefined;
}
interface Look {
  readonly edge?: string;
  /** Degrees, clockwise. */
  readonly turn?: number;
}

export function ellipse(
  cx: number,
  cy: number,
  rx: number,
  ry: number,
  fill: string,
  look: Look = {},
): Shape {
  const reach = Math.max(rx, ry);
  const distance: Distance = (x, y) => {
    const near = Math.hypot(x / rx, y / ry);
    const slope = Math.hypot(x / (rx * rx), y / (ry * ry));
    return slope === 0 ? -Math.min(rx, ry) : (near * (near - 1)) / slope;
  };
  return placed(distance, cx, cy, reach, reach, fill, look);
}

/** A box around its middle, with round corners. */
export function box(
  cx: number,
  cy: number,
  width: number,
  height: number,
  round: number,
  fill: string,
  look: Look = {},
): Shape {
  const [w, h] = [width / 2 - round, height / 2 - round];
  const distance: Distance = (x, y) => {
    const [dx, dy] = [Math.abs(x) - w, Math.abs(y) - h];
    return Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - round;
  };
  const reach = look.turn === undefined ? 0 : Math.max(width, height) / 2;
  const [rx, ry] = [Math.max(width / 2, reach), Math.max(height / 2, reach)];
  return placed(distance, cx, cy, rx * 1.3, ry * 1.3, fill, look);
}

type Points = readonly (readonly [number, number])[];

/** A closed outline, its corners rounded outwards. */
export function polygon(points: Points, round: number, fill: string, look: Look = {}): Shape {
  const distance: Distance = (x, y) => {
    let nearest = Infinity;
    let isInside = false;
    points.forEach(([ax, ay], i) => {
      const [bx, by] = points[(i + 1) % points.length] ?? [ax, ay];
      nearest = Math.min(nearest, toSegment(x, y, ax, ay, bx, by));
      const crosses = ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax;
      if (crosses) isInside = !isInside;
    });
    return (isInside ? -nearest : nearest) - round;
  };
  return { distance, box: around(points, round), fill, edge: look.edge };
}

/** A line of this width through points. */
export function stroke(points: Points, width: number, fill: string, look: Look = {}): Shape {
  const distance: Distance = (x, y) => {
    let nearest = Infinity;
    for (let i = 1; i < points.length; i++) {
      const [[ax, ay], [bx, by]] = [points[i - 1] ?? [0, 0], points[i] ?? [0, 0]];
      nearest = Math.min(nearest, toSegment(x, y, ax, ay, bx, by));
    }
    return nearest - width / 2;
  };
  return { distance, box: around(points, width), fill, edge: look.edge };
}

/** Part of a circle as points, from one angle to another (degrees, 0 is right, 90 is down). */
export function arc(cx: number, cy: number, radius: number, from: number, to: number): Points {
  return Array.from({ length: 13 }, (_, i) => {
    const angle = ((from + ((to - from) * i) / 12) * Math.PI) / 180;
    return [cx + radius * Math.cos(angle), cy + radius * Math.sin(angle)] as const;
  });
}

function placed(
  distance: Distance,
  cx: number,
  cy: number,
  rx: number,
  ry: number,
  fill: string,
  { edge, turn = 0 }: Look,
): Shape {
  const angle = (turn * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return {
    distance: (x, y) => {
      const [dx, dy] = [x - cx, y - cy];
      return distance(dx * cos + dy * sin, dy * cos - dx * sin);
    },
    box: [cx - rx, cy - ry, cx + rx, cy + ry],
    fill,
    edge,
  };
}

function toSegment(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const [vx, vy] = [bx - ax, by - ay];
  const along = ((x - ax) * vx + (y - ay) * vy) / (vx * vx + vy * vy || 1);
  const at = Math.min(1, Math.max(0, along));
  return Math.hypot(x - ax - at * vx, y - ay - at * vy);
}

function around(points: Points, margin: number): Shape["box"] {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return [
    Math.min(...xs) - margin,
    Math.min(...ys) - margin,
    Math.max(...xs) + margin,
    Math.max(...ys) + margin,
  ];
}
