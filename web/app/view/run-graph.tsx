import type { Topology } from "../../client/wire.ts";
import { isWalked, layOut, nodeHeight, type PlacedNode } from "../run/lay-out.ts";
import type { NodeRun, Run } from "../run/run.ts";
import { durationText } from "../run/seconds.ts";
import { texts } from "../texts.ts";
import { useNow } from "./line-pill.tsx";
import { nodeName } from "./node-name.ts";

const width = 360;

/** The agent as the server draws it, lit by the run. The steps below say the same in words. */
export function RunGraph({ topology, run }: { topology: Topology; run: Run }) {
  const nodes = new Map(run.nodes.map((node) => [node.id, node]));
  const visited = new Set(nodes.keys());
  const drawing = layOut(topology, visited, width);
  const now = useNow(run.nodes.some((node) => node.state === "running"));
  const stateOf = (edge: { from: string; to: string }) => {
    const states = [nodes.get(edge.from)?.state, nodes.get(edge.to)?.state];
    if (states.includes("skipped") || !isWalked(edge, drawing.edges, visited)) return "idle";
    return states[1] === "running" ? "live" : "walked";
  };
  return (
    <svg
      class="graph"
      viewBox={`-1 0 ${drawing.width + 2} ${drawing.height}`}
      aria-hidden="true"
      data-over={run.ending !== null}
    >
      {drawing.edges.map((edge) => (
        <path
          key={`${edge.from}>${edge.to}`}
          class="edge"
          d={edge.path}
          data-state={stateOf(edge)}
          data-conditional={edge.isConditional}
        />
      ))}
      {drawing.nodes.map((placed) => (
        <Node key={placed.id} placed={placed} node={nodes.get(placed.id)} now={now} />
      ))}
    </svg>
  );
}

interface NodeProps {
  readonly placed: PlacedNode;
  readonly node: NodeRun | undefined;
  readonly now: number;
}

function Node({ placed, node, now }: NodeProps) {
  const { x, y, width: size, isDot } = placed;
  const state = node?.state ?? "waiting";
  const name = nodeName(placed.id);
  const place = { transform: `translate(${x}px, ${y}px)` };
  if (isDot) {
    return (
      <g class="node" data-state={state} style={place}>
        <title>{name}</title>
        <circle r={5} />
      </g>
    );
  }
  return (
    <g class="node" data-state={state} style={place}>
      <title>{`${name}: ${texts.value.states[state]}`}</title>
      <rect x={-size / 2} y={-nodeHeight / 2} width={size} height={nodeHeight} rx={11} />
      <text y={node ? -1 : 4.5} textLength={nameLength(name, size)} lengthAdjust="spacingAndGlyphs">
        {name}
      </text>
      {node ? (
        <text y={12} class="node-time">
          {timeOf(node, now)}
        </text>
      ) : null}
    </g>
  );
}

/** Squeezes a name that would leave its box; undefined lets it be. */
function nameLength(name: string, size: number): number | undefined {
  const wide = Array.from(name).reduce(
    (sum, one) => sum + (one.charCodeAt(0) > 0x2e7f ? 11.4 : 6.4),
    0,
  );
  return wide > size - 10 ? size - 10 : undefined;
}

export function timeOf(node: NodeRun, now: number): string {
  const t = texts.value;
  if (node.state === "running") return durationText(now - node.seenAtMs, t.units);
  if (node.state === "asking" || node.state === "skipped") return t.states[node.state];
  const ms = ((node.endedAt ?? node.startedAt) - node.startedAt) * 1000;
  return node.state === "done" ? durationText(ms, t.units) : t.states[node.state];
}
