/** All open alerts that this page knows, one group for each account and cause; kept current by the feed. */
import type { AlertEvent, AlertRow, Level, Place } from "../api/types";
import { noteName } from "../feed/names";
import { isAfter, placeOf, versionOf } from "../feed/place";

export type AlertState = AlertRow["state"];

/** In place of the account of an alert that belongs to none. */
export const NO_ACCOUNT = "";

export interface OpenAlert {
  alertId: string;
  accountId: string;
  cause: string;
  subject: string | null;
  level: Level;
  state: AlertState;
  found: number;
  line: number;
  measure: string;
  ownerRole: string;
  assignee: string | null;
  dueOn: string | null;
  snoozedUntil: string | null;
  handledBy: string | null;
  raisedAtMs: number;
  changedAtMs: number;
  version: string;
  place: Place | null;
  /** When the feed last spoke of it, by this machine's clock; 0 if it never did. */
  heardAtMs: number;
}

export interface AlertGroup {
  key: string;
  accountId: string;
  cause: string;
  /** The gravest of those that are still active; of a group that is gone, what it was. */
  level: Level;
  /** Active ones, gravest and newest first. */
  alerts: readonly OpenAlert[];
  head: OpenAlert;
  raisedAtMs: number;
  changedAtMs: number;
  /** Nothing of it is active any more. */
  gone: boolean;
}

export const LEVEL_RANK: Record<Level, number> = { critical: 2, warning: 1, notice: 0 };
const KEPT_MOST = 20_000;
const ACTIVE: ReadonlySet<AlertState> = new Set(["open", "acknowledged", "snoozed"]);

export class AlertBook {
  private readonly alerts = new Map<string, OpenAlert>();
  private readonly members = new Map<string, Set<string>>();
  private readonly known = new Map<string, AlertGroup>();

  /** The groups by key, those that are gone included until `forgetGone`. */
  get groups(): ReadonlyMap<string, AlertGroup> {
    return this.known;
  }

  /** Take in a list from the api: what events have said since is newer and stays.
   *
   * With `all`, what should be in the list and is not is over, unless the feed spoke of it after that time. */
  load(rows: readonly AlertRow[], all?: { asOfMs: number; fits: (alert: OpenAlert) => boolean }): void {
    const listed = new Set(rows.map((row) => row.alert_id));
    for (const [alertId, alert] of all ? this.alerts : []) {
      const missing = !listed.has(alertId) && ACTIVE.has(alert.state) && all?.fits(alert);
      if (missing && alert.heardAtMs < (all?.asOfMs ?? 0)) this.put({ ...alert, state: "cleared" });
    }
    for (const row of rows) {
      if (row.account_id !== null) noteName(row.account_id, row.account_name);
      const before = this.alerts.get(row.alert_id);
      const place = placeOf(row.ledger);
      if (before?.place && place && isAfter(before.place, place)) continue;
      this.put(ofRow(row, place));
    }
  }

  take(event: AlertEvent): void {
    const before = this.alerts.get(event.alert_id);
    if (before?.place && !isAfter(event.ledger, before.place)) return;
    this.put(ofEvent(event, before));
    this.bound();
  }

  /** Take groups out in which nothing is active. */
  forgetGone(): void {
    for (const group of [...this.known.values()]) if (group.gone) this.drop(group.key);
  }

  private put(alert: OpenAlert): void {
    const key = groupKey(alert);
    this.alerts.set(alert.alertId, alert);
    const members = this.members.get(key) ?? new Set<string>();
    members.add(alert.alertId);
    this.members.set(key, members);
    this.regroup(key, members);
  }

  private regroup(key: string, members: ReadonlySet<string>): void {
    const all = [...members].flatMap((alertId) => this.alerts.get(alertId) ?? []);
    const active = all.filter((alert) => ACTIVE.has(alert.state)).sort(byGravity);
    const head = active[0] ?? all.sort((one, other) => other.changedAtMs - one.changedAtMs)[0];
    if (head === undefined) return;
    this.known.set(key, {
      key,
      accountId: head.accountId,
      cause: head.cause,
      level: head.level,
      alerts: active,
      head,
      raisedAtMs: Math.min(...(active.length > 0 ? active : all).map((alert) => alert.raisedAtMs)),
      changedAtMs: Math.max(...all.map((alert) => alert.changedAtMs)),
      gone: active.length === 0,
    });
  }

  private bound(): void {
    if (this.alerts.size <= KEPT_MOST) return;
    this.forgetGone();
    const oldest = [...this.known.values()].sort(
      (one, other) => LEVEL_RANK[one.level] - LEVEL_RANK[other.level] || one.changedAtMs - other.changedAtMs,
    );
    for (const group of oldest) {
      if (this.alerts.size <= KEPT_MOST * 0.9) break;
      this.drop(group.key);
    }
  }

  private drop(key: string): void {
    for (const alertId of this.members.get(key) ?? []) this.alerts.delete(alertId);
    this.members.delete(key);
    this.known.delete(key);
  }
}

export function groupKey(alert: { accountId: string; cause: string }): string {
  return `${alert.accountId}\n${alert.cause}`;
}

/** Whether people can do something with an alert: of those about no account, with those about the model only. */
export function canHandle(alert: { accountId: string; alertId: string }): boolean {
  return alert.accountId !== NO_ACCOUNT || isAboutModel(alert);
}

export function isAboutModel(alert: { accountId: string; alertId: string }): boolean {
  return alert.accountId === NO_ACCOUNT && alert.alertId.startsWith("model/");
}

function byGravity(one: OpenAlert, other: OpenAlert): number {
  return LEVEL_RANK[other.level] - LEVEL_RANK[one.level] || other.changedAtMs - one.changedAtMs;
}

function ofRow(row: AlertRow, place: Place | null): OpenAlert {
  return {
    alertId: row.alert_id,
    accountId: row.account_id ?? NO_ACCOUNT,
    cause: row.cause,
    subject: row.subject,
    level: row.level as Level,
    state: row.state,
    found: row.found,
    line: row.line,
    measure: row.measure,
    ownerRole: row.owner_role,
    assignee: row.assignee,
    dueOn: row.due_on,
    snoozedUntil: row.snoozed_until,
    handledBy: row.handled_by,
    raisedAtMs: row.raised_at_ms,
    changedAtMs: row.changed_at_ms,
    version: row.version,
    place,
    heardAtMs: 0,
  };
}

function ofEvent(event: AlertEvent, before: OpenAlert | undefined): OpenAlert {
  const handled = event.type === "alert_handled" ? event : null;
  const begins = event.type === "alert_raised" || before === undefined;
  return {
    alertId: event.alert_id,
    accountId: event.account_id ?? NO_ACCOUNT,
    cause: event.cause,
    subject: event.subject ?? null,
    level: event.level,
    state: stateAfter(event, before),
    found: event.found,
    line: event.line,
    measure: event.measure,
    ownerRole: event.owner_role,
    assignee: handled ? (handled.owner ?? null) : begins ? null : before.assignee,
    dueOn: event.due_on ?? null,
    snoozedUntil: event.snoozed_until ?? null,
    handledBy: handled ? handled.actor : begins ? null : before.handledBy,
    raisedAtMs: begins ? event.at_ms : before.raisedAtMs,
    changedAtMs: event.at_ms,
    version: versionOf(event.ledger),
    place: event.ledger,
    heardAtMs: Date.now(),
  };
}

function stateAfter(event: AlertEvent, before: OpenAlert | undefined): AlertState {
  if (event.type === "alert_cleared") return "cleared";
  if (event.type === "alert_handled") {
    if (event.did === "closed") return "closed";
    if (event.snoozed_until) return "snoozed";
    return event.did === "acknowledged" || before?.state === "acknowledged" ? "acknowledged" : "open";
  }
  return event.snoozed_until ? "snoozed" : "open";
}
