// One scan at a time: none → picked → running → done | failed. It goes on while another view is looked at.
import { signal } from "@preact/signals";
import { ApiError, callJson } from "../../client/request.ts";
import { newId } from "../../client/new-id.ts";
import { afterSignIn, connection, isRefused } from "../state/session.ts";
import { model } from "../state/settings.ts";
import { upload } from "../state/upload.ts";
import { followScan } from "./follow-scan.ts";
import { type Result, type Stage, type Started, stages } from "./wire.ts";

export interface Picked {
  readonly file: File;
  /** For the eye only; lives as long as the page. */
  readonly url: string;
}
export type Scan =
  | { readonly phase: "none" }
  | { readonly phase: "picked" }
  | {
      readonly phase: "running";
      readonly isUploading: boolean;
      readonly completed: readonly Stage[];
    }
  | { readonly phase: "done"; readonly result: Result }
  | { readonly phase: "failed"; readonly code: string };

export const picked = signal<Picked | undefined>(undefined);
export const scan = signal<Scan>({ phase: "none" });
/** What the person says it is. */
export const said = signal("");

let running: AbortController | undefined;
/** Where the photo was put, so that a second try uploads nothing. */
let address: string | undefined;

export function pick(file: File | undefined): void {
  running?.abort();
  if (picked.value) URL.revokeObjectURL(picked.value.url);
  address = undefined;
  picked.value = file && { file, url: URL.createObjectURL(file) };
  scan.value = { phase: file ? "picked" : "none" };
}

export function startOver(): void {
  said.value = "";
  pick(undefined);
}

/** Uploads the photo, starts the scan and follows it. */
export async function runScan(): Promise<void> {
  const photo = picked.value;
  if (!photo) return;
  running?.abort();
  const { signal: stop } = (running = new AbortController());
  const show = (next: Scan) => {
    if (!stop.aborted) scan.value = next;
  };
  show({ phase: "running", isUploading: true, completed: [] });
  try {
    address ??= await upload(photo.file, "scan");
    if (stop.aborted) return;
    if (address === undefined) return show({ phase: "failed", code: "UPLOAD" });
    show({ phase: "running", isUploading: false, completed: [] });
    const text = said.value.trim();
    const started = await callJson<Started>(connection, "/api/v1/scan", {
      method: "POST",
      headers: { "x-idempotency-key": newId() },
      body: {
        image_url: address,
        ...(text === "" ? {} : { user_input: text }),
        ...(/^(gpt|gemini)/.test(model.value) ? { model: model.value } : {}),
      },
      signal: stop,
    });
    const completed = new Set<Stage>();
    const result = await followScan(
      connection,
      started,
      ({ stage, status }) => {
        const known = stages.find((one) => one === stage);
        if (!known || status !== "completed") return;
        completed.add(known);
        show({ phase: "running", isUploading: false, completed: [...completed] });
      },
      stop,
    );
    if (result.pipeline_result) show({ phase: "done", result });
    else show({ phase: "failed", code: result.error?.code ?? "UNKNOWN" });
  } catch (error) {
    if (isRefused(error)) afterSignIn(() => void runScan());
    show({ phase: "failed", code: error instanceof ApiError ? error.code : "UNKNOWN" });
  }
}
