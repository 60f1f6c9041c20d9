import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Topology } from "../../client/wire.ts";
import { topologyFixture } from "../../testing/topology-fixture.ts";
import { isWalked, layOut } from "./lay-out.ts";

const width = 360;
const drawn = (visited: string[] = []) => layOut(topologyFixture, new Set(visited), width);
const node = (drawing: ReturnType<typeof layOut>, id: string) => {
  const found = drawing.nodes.find((one) => one.id === id);
  if (!found) throw new Error(`no ${id}`);
  return found;
};

test("rows follow the edges from the start to the end", () => {
  const ys = [
    "intent",
    "vision",
    "router",
    "weather",
    "feedback",
    "aggregator",
    "summarize",
    "answer",
  ];
  const places = ys.map((id) => node(drawn(), id).y);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(new Set(places).size).toBe(places.length);
});

test("sub-agents stand side by side, and those of the run have room for their names", () => {
  const drawing = drawn(["waste_rag", "collection_point"]);
  expect(node(drawing, "waste_rag").y).toBe(node(drawing, "collection_point").y);
  expect(node(drawing, "waste_rag")).toMatchObject({ isDot: false });
  expect(node(drawing, "weather")).toMatchObject({ isDot: true });
});

test("a step that can be passed by stands aside", () => {
  expect(node(drawn(), "vision").x).not.toBe(node(drawn(), "router").x);
  expect(node(drawn(), "summarize").x).not.toBe(node(drawn(), "answer").x);
});

test("nothing overlaps and nothing leaves the picture, whatever the run visits", () =>
  fc.assert(
    fc.property(fc.subarray(topologyFixture.nodes.map(({ id }) => id)), (visited) => {
      const { nodes } = layOut(topologyFixture, new Set(visited), width);
      for (const one of nodes) {
        const row = nodes.filter((other) => other.y === one.y && other.x > one.x);
        for (const next of row) {
          expect(next.x - next.width / 2).toBeGreaterThanOrEqual(one.x + one.width / 2 - 0.01);
        }
      }
    }),
  ));

test("a drawing with a way back still has an end", () => {
  const loop: Topology = {
    nodes: ["a", "b"].map((id) => ({ id, kind: "stage", label_ko: id, label_en: id })),
    edges: [
      { from: "a", to: "b", conditional: false },
      { from: "b", to: "a", conditional: true },
      { from: "b", to: "gone", conditional: true },
    ],
  };
  expect(layOut(loop, new Set(), width).edges).toHaveLength(1);
});

test("the short way counts as walked only when the long one was not taken", () => {
  const { edges } = drawn();
  const short = { from: "intent", to: "router" };
  expect(isWalked(short, edges, new Set(["intent", "router"]))).toBe(true);
  expect(isWalked(short, edges, new Set(["intent", "vision", "router"]))).toBe(false);
});
