// Before a node works it may need something only the person knows:
// no question      it works
// not interactive  the question is shown, the node works without, the answer asks for it in words
// interactive      the question is stored; the run waits for the answer, a refusal or the deadline
import { inputRequestId } from "../../shared/contract/ids.ts";
import type { Location } from "../../shared/contract/job.ts";
import type { SubAgent } from "../../shared/contract/stages.ts";
import type { HumanInput, InputType } from "../../shared/human-input.ts";
import { humanInput } from "../../shared/limits.ts";
import { usablePlace } from "./places/usable-place.ts";
import type { Query, RunContext } from "./run-context.ts";

/** What a node would ask, in the words a person reads. */
interface Need {
  readonly type: InputType;
  readonly message: string;
  readonly options?: readonly string[];
}
export type Needs = (query: Query) => Need | undefined;

export interface Person {
  readonly waitMs: number;
  /** Runs one after the other what is given, so that questions do not push each other aside. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** Waits for the answer. `onAsked` is called once when the question stands open. */
  ask(
    question: {
      readonly requestId: string;
      readonly type: InputType;
      readonly options: readonly string[];
    },
    onAsked: (msLeft: number) => void,
  ): Promise<Exclude<HumanInput, { type: "cancel" }> | "declined" | "expired">;
}

interface Prepared {
  readonly query: Query;
  /** Where the person says they are. */
  readonly location: Location | undefined;
  /** What the answer should ask for in words. */
  readonly unmet: Need | undefined;
}

/** Gets what a node needs before it works, as far as the person says it. */
export async function askFirst(
  node: SubAgent,
  needs: Needs | undefined,
  query: Query,
  run: RunContext,
): Promise<Prepared> {
  const need = needs?.(query);
  if (!needs || !need) return { query, location: undefined, unmet: undefined };
  const { person } = run;
  if (person && run.job.interactive) {
    return person.inTurn(() => converse(node, needs, query, run, person));
  }
  const waitMs = person?.waitMs ?? humanInput.waitMs;
  show(run, need, inputRequestId(run.job.job_id, node, 0), waitMs, false);
  return { query, location: undefined, unmet: need };
}

async function converse(
  node: SubAgent,
  needs: Needs,
  first: Query,
  run: RunContext,
  person: Person,
): Promise<Prepared> {
  // another node may have been told meanwhile
  const before = run.told?.location;
  let query = before ? withLocation(first, before) : first;
  let location = before;
  for (let ordinal = 0; ordinal < humanInput.perNode; ordinal++) {
    const need = needs(query);
    if (!need) return { query, location, unmet: undefined };
    const requestId = inputRequestId(run.job.job_id, node, ordinal);
    const question = { requestId, type: need.type, options: need.options ?? [] };
    const answer = await person.ask(question, (msLeft) => {
      show(run, need, requestId, msLeft, true);
      run.stage(node, "waiting", { request_id: requestId });
    });
    run.signal.throwIfAborted();
    if (answer === "declined" || answer === "expired") {
      run.stage(node, "skipped", { reason: answer, request_id: requestId });
      return { query, location, unmet: need };
    }
    run.stage(node, "resumed", { input_type: answer.type, request_id: requestId });
    if (answer.type === "location") {
      location = answer.data;
      if (run.told) run.told.location = location;
      query = withLocation(query, location);
    } else if (answer.type === "selection") {
      query = { ...query, choice: answer.data.value };
    }
  }
  return { query, location, unmet: needs(query) };
}

function withLocation(query: Query, location: Location): Query {
  const usable = usablePlace(location);
  return { ...query, place: usable.place, placeProblem: usable.problem };
}

function show(
  run: RunContext,
  need: Need,
  requestId: string,
  msLeft: number,
  isWaiting: boolean,
): void {
  const result = {
    input_type: need.type,
    timeout: Math.ceil(msLeft / 1000),
    request_id: requestId,
    /** False: the job goes on without the answer. */
    interactive: isWaiting,
    ...(need.options ? { options: need.options } : {}),
  };
  run.stage("needs_input", "waiting", result, need.message);
}
