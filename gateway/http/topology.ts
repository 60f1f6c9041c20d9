import { graphTopology } from "../../shared/contract/graph.ts";
import { Topology } from "../../shared/contract/api.ts";
import type { Handle } from "../deps.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";

/** GET the agent's drawing: what its stages are and how they follow each other. */
export const topology: Handle = (c) => c.json(graphTopology);

export const topologyDoc: RouteDoc = {
  summary: "The agent's drawing",
  tag: "chat",
  answers: { 200: { about: "stages and how they follow each other", body: Topology } },
};
