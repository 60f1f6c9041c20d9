import { graphTopology } from "../../shared/contract/graph.ts";
import type { Handle } from "../deps.ts";

/** GET the agent's drawing: what its stages are and how they follow each other. */
export const topology: Handle = (c) => c.json(graphTopology);
