/** What people do: facts for the topic `desk`, answered by the ledger. */
import { noteAnswered } from "../feed/feed";
import { get, send } from "./client";
import type { Commands } from "./generated";

export type CommandType = keyof Commands;

export interface CommandAnswer {
  outcome: "accepted" | "refused" | "pending";
  fact_id: string;
  refusal?: string | null;
  message?: string | null;
  version?: string | null;
  account_id?: string | null;
  ledger?: { partition: number; seq: number } | null;
  at_ms?: number | null;
  decisions?: Record<string, unknown>[];
}

const PENDING_LOOKS = 10;
const PENDING_PAUSE_MS = 1_000;

/** Send a desk fact and return what the ledger made of it; asks again while that is still pending.
 *
 * `version` is the account's version that the person saw: a Problem 409 says that what the command is about moved on.
 * Throws a Problem or Unreachable. */
export async function command<T extends CommandType>(
  type: T,
  fact: Commands[T],
  version?: string | null,
): Promise<CommandAnswer> {
  const headers: Record<string, string> = { "Idempotency-Key": newFactId() };
  if (version) headers["If-Match"] = `"${version}"`;
  let answer = (await send<CommandAnswer>("POST", `/commands/${type}`, fact, headers)).body;
  for (let looked = 0; answer.outcome === "pending" && looked < PENDING_LOOKS; looked += 1) {
    await new Promise((resolve) => setTimeout(resolve, PENDING_PAUSE_MS));
    answer = await get<CommandAnswer>(`/commands/${answer.fact_id}`);
  }
  if (answer.outcome === "accepted") noteAnswered(answer, answer.decisions ?? []);
  return answer;
}

/** A random id (UUID version 4); `crypto.randomUUID` is missing on plain http beyond this machine. */
function newFactId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
