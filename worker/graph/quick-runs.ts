import {
  AsyncLocalStorageProviderSingleton as storage,
  MockAsyncLocalStorage,
} from "@langchain/core/singletons";
import { Runnable, type RunnableConfig } from "@langchain/core/runnables";

let isQuick = false;

/**
 * Around every node, writer and edge LangGraph runs its function in a run tree of LangSmith's, for whoever looks into
 * the async storage. Its web build, which we use, has no such storage: nobody can find the tree. Without them,
 * and with `Plain` nodes and edges, a run without its model costs 1.7 ms of CPU instead of 2.4 (2 vCPU, 2026-11-21). Traces go
 * by callbacks and stay.
 */
export function withoutRunTrees(): void {
  if (isQuick) return;
  isQuick = true;
  const usual = storage.runWithConfig.bind(storage);
  storage.runWithConfig = (config, callback, avoidTree) =>
    storage.getInstance() instanceof MockAsyncLocalStorage
      ? callback()
      : usual(config, callback, avoidTree);
}

/** A function as a node or an edge, called as it is: LangGraph's own wrapping merges and copies the config each time. */
export class Plain<Input, Output> extends Runnable<Input, Output> {
  override lc_namespace = ["eco2"];
  readonly #work: (input: Input, config: RunnableConfig) => Output | Promise<Output>;

  constructor(work: (input: Input, config: RunnableConfig) => Output | Promise<Output>) {
    super();
    this.#work = work;
  }

  override async invoke(input: Input, config: RunnableConfig = {}): Promise<Output> {
    return this.#work(input, config);
  }
}
