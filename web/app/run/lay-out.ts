import type { Topology } from "../../client/wire.ts";

export interface PlacedNode {
  readonly id: string;
  /** Centre. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  /** Drawn small, without its name: one of many that this run does not use. */
  readonly isDot: boolean;
}

interface PlacedEdge {
  readonly from: string;
  readonly to: string;
  readonly path: string;
  readonly isConditional: boolean;
}

export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

export const nodeHeight = 36;
const rowHeight = 60;
const dotWidth = 12;
const gap = 7;
const nameWidth = 108;
/** Up to this many nodes of a row are drawn with their names whatever the run does. */
const fewNodes = 3;

type Edge = Topology["edges"][number];

/** Places the agent's nodes in rows from start to end; the ones a run visits get room for their names. */
export function layOut(topology: Topology, visited: ReadonlySet<string>, width: number): Drawing {
  const ids = topology.nodes.map((node) => node.id);
  const known = new Set(ids);
  const edges = forwardOnly(
    ids,
    topology.edges.filter(({ from, to }) => known.has(from) && known.has(to) && from !== to),
  );
  const rows = rowsOf(ids, edges);
  const rowOf = new Map(rows.flatMap((row, index) => row.map((id) => [id, index] as const)));
  const placed = new Map<string, PlacedNode>();
  for (const [index, row] of rows.entries()) {
    const y = index * rowHeight + nodeHeight / 2 + 2;
    const only = row.length === 1 ? row[0] : undefined;
    const x = only === undefined ? undefined : besideX(only, edges, rowOf, placed, width);
    for (const node of placeRow(row, visited, width, y, x)) placed.set(node.id, node);
  }
  return {
    width,
    height: (rows.length - 1) * rowHeight + nodeHeight + 4,
    nodes: [...placed.values()],
    edges: edges.flatMap((edge) => placeEdge(edge, placed)),
  };
}

/** Without the edges that lead back, so that rows have an order. */
function forwardOnly(ids: readonly string[], edges: readonly Edge[]): Edge[] {
  const kept: Edge[] = [];
  const state = new Map<string, "open" | "done">();
  const visit = (id: string) => {
    state.set(id, "open");
    for (const edge of edges) {
      if (edge.from !== id || state.get(edge.to) === "open") continue;
      kept.push(edge);
      if (!state.has(edge.to)) visit(edge.to);
    }
    state.set(id, "done");
  };
  for (const id of ids) if (!state.has(id)) visit(id);
  return kept;
}

/** A node stands one row below the lowest of those that lead to it. */
function rowsOf(ids: readonly string[], edges: readonly Edge[]): string[][] {
  const depth = new Map(ids.map((id) => [id, 0]));
  for (let round = 0; round < ids.length; round += 1) {
    for (const { from, to } of edges) {
      depth.set(to, Math.max(depth.get(to) ?? 0, (depth.get(from) ?? 0) + 1));
    }
  }
  const rows: string[][] = [];
  for (const id of ids) (rows[depth.get(id) ?? 0] ??= []).push(id);
  return rows.filter((row) => row !== undefined);
}

function placeRow(
  row: readonly string[],
  visited: ReadonlySet<string>,
  width: number,
  y: number,
  onlyX: number | undefined,
): PlacedNode[] {
  const isDot = (id: string) => row.length > fewNodes && !visited.has(id);
  const dots = row.filter(isDot).length;
  const named = row.length - dots;
  const room = width - dots * dotWidth - (row.length - 1) * gap;
  const each = named === 0 ? 0 : Math.max(44, Math.min(nameWidth, room / named));
  const total = named * each + dots * dotWidth + (row.length - 1) * gap;
  let left = (width - total) / 2;
  return row.map((id) => {
    const own = isDot(id) ? dotWidth : each;
    const x = onlyX ?? left + own / 2;
    left += own + gap;
    return { id, x, y, width: own, isDot: isDot(id) };
  });
}

/** A node alone in its row that edges pass by steps aside: under its one parent, or to the right. */
function besideX(
  id: string,
  edges: readonly Edge[],
  rowOf: ReadonlyMap<string, number>,
  placed: ReadonlyMap<string, PlacedNode>,
  width: number,
): number | undefined {
  const row = rowOf.get(id) ?? 0;
  const isPassed = edges.some(
    ({ from, to }) => (rowOf.get(from) ?? 0) < row && (rowOf.get(to) ?? 0) > row,
  );
  if (!isPassed) return undefined;
  const parents = edges.filter(({ to }) => to === id).map(({ from }) => placed.get(from)?.x ?? 0);
  const x = parents.reduce((sum, one) => sum + one, 0) / Math.max(1, parents.length);
  const isOnTheWay = Math.abs(x - width / 2) < nameWidth / 2;
  const aside = isOnTheWay ? width / 2 + nameWidth * 1.15 : x;
  return Math.min(width - nameWidth / 2, Math.max(nameWidth / 2, aside));
}

function placeEdge(edge: Edge, placed: ReadonlyMap<string, PlacedNode>): PlacedEdge[] {
  const from = placed.get(edge.from);
  const to = placed.get(edge.to);
  if (!from || !to) return [];
  const half = (node: PlacedNode) => (node.isDot ? 5 : nodeHeight / 2);
  const [y1, y2] = [from.y + half(from), to.y - half(to)];
  const bend = (y2 - y1) / 2;
  const [x1, x2] = [Math.round(from.x), Math.round(to.x)];
  const path = `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`;
  return [{ from: edge.from, to: edge.to, path, isConditional: edge.conditional }];
}

/** An edge was walked when both its ends were, unless the run took the longer way between them. */
export function isWalked(
  { from, to }: { readonly from: string; readonly to: string },
  edges: readonly { readonly from: string; readonly to: string }[],
  visited: ReadonlySet<string>,
): boolean {
  if (!visited.has(from) || !visited.has(to)) return false;
  return !edges.some(
    (one) =>
      one.from === from &&
      one.to !== to &&
      visited.has(one.to) &&
      edges.some((next) => next.from === one.to && next.to === to),
  );
}
