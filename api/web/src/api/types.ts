/** What the api and the feed say, as far as the page uses it. Money is minor units, times are `*_at_ms`. */

export type Level = "notice" | "warning" | "critical";
export const LEVELS: readonly Level[] = ["critical", "warning", "notice"];

export interface Place {
  epoch: number;
  partition: number;
  seq: number;
  n: number;
}

export interface Reason {
  code: string;
  answer?: string;
  [number: string]: string | number | undefined;
}

export interface AsOf {
  at_ms: number | null;
  lag_records: number;
}

/** A page of a list; `next` is the `after` of the next one. */
export interface Page {
  next: string | null;
  total?: number;
  as_of?: AsOf;
}

export interface Session {
  name: string;
  actor: string;
  roles: string[];
  scope: { managers: string[] } | null;
  expires_at_ms: number | null;
}

export interface Summary {
  alerts: Partial<Record<Level, number>>;
  waiting_orders: number;
  oldest_wait_at_ms?: number | null;
  blocked_minor?: Record<string, number>;
  lag_records?: number;
  sources?: Record<string, { at_ms: number | null; lag_records?: number }>;
  as_of?: AsOf;
}

export interface RiskCell {
  size: number;
  probability: number;
  measure: string;
}

export interface AccountRow {
  account_id: string;
  name: string | null;
  currency: string;
  status: string;
  grade: string;
  score: number | null;
  lateness_probability_bp: number | null;
  exposure: Exposure;
  limit_minor: number | null;
  headroom_minor: number | null;
  utilisation_bp: number | null;
  overdue_minor: number;
  combined_level: Level | null;
  open_alerts: number;
  waiting_orders: number;
  manager: string | null;
  industry: string | null;
  country: string | null;
  risk_cell: RiskCell | null;
  expected_loss_minor: number | null;
  version: string;
}

export interface Accounts extends Page {
  accounts: AccountRow[];
}

/** The value of the topic `exposures`. */
export interface Exposure {
  account_id: string;
  currency: string;
  orders_minor: number;
  pending_minor: number;
  delivered_minor: number;
  invoiced_minor: number;
  overdue_minor: number;
  disputed_minor: number;
  bills_minor: number;
  fees_minor: number;
  unapplied_minor: number;
  uncleared_minor: number;
  deposits_minor: number;
  exposure_minor: number;
  cover_minor: number;
  net_exposure_minor: number;
  limit_minor: number | null;
  headroom_minor: number | null;
  utilisation_bp: number | null;
  status: string;
  ledger: Place;
  at_ms: number;
  unlimited?: boolean;
  name?: string | null;
  waiting_count?: number;
  unreadable_count?: number;
  combined_level?: Level | null;
  risk_cell?: RiskCell | null;
  grade?: string;
  held?: boolean;
  net_days?: number | null;
}

export interface Published {
  type: string;
  account_id: string;
  decision_id: string;
  ledger: Place;
  effect: string;
  at_ms: number;
}

export interface Alert extends Published {
  alert_id: string;
  cause: string;
  level: Level;
  found: number;
  line: number;
  measure: string;
  owner_role: string;
  subject?: string | null;
  due_on?: string | null;
  snoozed_until?: string | null;
  combined_level?: Level | null;
  did?: "acknowledged" | "assigned" | "snoozed" | "closed";
  actor?: string;
  owner?: string | null;
}

export interface AlertRow extends Alert {
  name?: string | null;
  raised_at_ms?: number;
  acknowledged_by?: string | null;
  version?: string | null;
}

export interface Alerts extends Page {
  alerts: AlertRow[];
}

export interface OrderAnswer extends Published {
  decision_no: number;
  order_id: string;
  order_revision: number;
  checkpoint: string;
  amount_minor: number;
  currency: string;
  account_currency?: string | null;
  reasons: Reason[];
  exposure_minor: number;
  limit_minor: number | null;
  headroom_before_minor: number | null;
  headroom_after_minor: number | null;
  seller_id?: string | null;
}

export type OrderState = "released" | "referred" | "blocked" | "withdrawn" | "rejected";

export interface OrderRow {
  account_id: string;
  name: string | null;
  order_id: string;
  document_no?: string | null;
  seller_id?: string | null;
  revision: number;
  decision_no: number;
  amount_minor: number;
  currency: string;
  account_currency?: string | null;
  state: string;
  since_at_ms: number;
  reasons: Reason[];
  headroom_before_minor: number | null;
  headroom_after_minor: number | null;
  suggestion: string | null;
  approval: { id: string; needs: string[] } | null;
  version: string | null;
  ledger?: Place;
}

export interface Orders extends Page {
  orders: OrderRow[];
}

export type FeedTopic = "alerts" | "decisions" | "exposures";

export type FeedEvent =
  | { topic: "alerts"; event: Alert }
  | { topic: "decisions"; event: Published & Record<string, unknown> }
  | { topic: "exposures"; event: Exposure };
