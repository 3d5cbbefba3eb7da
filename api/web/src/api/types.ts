/** What the api and the feed say; the shapes themselves are made from the api's own (`generated.ts`). */
import type { AlertRaised, AnyAlert, AnyDecision, Exposure, Identity } from "./generated";

export type * from "./generated";

export type Level = AlertRaised["level"];
export const LEVELS: readonly Level[] = ["critical", "warning", "notice"];

/** A coded reason with the numbers compared, each with its unit in its name. */
export type Reason = Record<string, unknown>;

/** Who is asking; `scope` names the account managers whose accounts are seen, null is all. */
export interface Session {
  name: string;
  actor: string;
  roles: string[];
  /** What the person may do, by the names of the api's table. */
  permissions?: string[];
  scope: { managers: string[] } | null;
  expires_at_ms: number | null;
}

/** An alert about the model, or about a broadcast, belongs to no account. */
export type AlertEvent = AnyAlert & Omit<Identity, "account_id"> & { account_id: string | null };
export type DecisionEvent = AnyDecision & Identity;

export type FeedTopic = "alerts" | "decisions" | "exposures";

export type FeedEvent =
  | { topic: "alerts"; event: AlertEvent }
  | { topic: "decisions"; event: DecisionEvent }
  | { topic: "exposures"; event: Exposure };
