/**
 * The parts of prom-client we use. Its index also loads the push gateway and cluster support, with node:http and
 * node:cluster behind them: 4 MB of RSS in every process (Bun 1.4.5, 2026-11-20).
 */
export { default as Counter } from "prom-client/lib/counter.js";
export { default as Gauge } from "prom-client/lib/gauge.js";
export { default as Histogram } from "prom-client/lib/histogram.js";
export { default as Registry } from "prom-client/lib/registry.js";
