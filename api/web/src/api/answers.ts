/** What the documents inside a dossier say, where the api's own types leave them open; names as in the facts. */
import type { ApprovalRow, AsOf } from "./types";

export type Fields = Record<string, unknown>;

export interface RatioFound {
  ratio: string;
  unit: "bp" | "days";
  value: number | null;
  before: number | null;
  change: number | null;
  better: boolean | null;
  missing: string[];
  not_above_zero: string | null;
}

export interface StatementFound {
  period_end_on: string;
  currency: string;
  items: Record<string, number>;
  audited: boolean;
  consolidated: boolean;
}

export interface ReportFound {
  provider: string;
  party_id: string | null;
  score: number;
  scale_min: number;
  scale_max: number;
  reported_on: string;
  points: number | null;
  points_before: number | null;
  age_days: number;
  stale: boolean;
  ignored: boolean;
}

export interface BehaviourFound {
  settled_count: number;
  late_count: number;
  settled_lately: number;
  delay_lately_centidays: number | null;
  delay_long_run_centidays: number | null;
  longest_delay_days: number;
  last_settled_on: string | null;
  sold_minor_by_month: Record<string, number>;
  currency: string;
}

export interface PartyFound {
  party_id: string;
  identifiers: { scheme: string; value: string }[];
}

/** The answer to `GET /accounts/{id}/dossier`. */
export interface Filed {
  account_id: string;
  on: string;
  identity: Fields & { currency: string; parties?: PartyFound[] };
  standing: Fields;
  grade: Fields;
  limit: Fields & { temporary?: Fields[] };
  measures: Fields[];
  members: Fields[];
  bureau: { points: number | null; decided_by: string | null; reports: ReportFound[] };
  adverse_events: Fields[];
  references: Fields[];
  assessments: Fields[];
  financials: {
    statements: StatementFound[];
    ratios: RatioFound[];
    altman: { model: string; value: number | null; zone: string | null } | null;
  };
  behaviour: BehaviourFound | null;
  parts: Fields[];
  reviews: { reviewed_on: string | null; next_review_on: string | null };
  covers: Fields[];
  contracts: Fields[];
  bills: Fields[];
  promises: Fields[];
  approvals: ApprovalRow[];
  version: string;
  as_of: AsOf;
}
