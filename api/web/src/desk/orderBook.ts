/** All waiting orders that this page knows, oldest first; kept current by the feed. */
import type { DecisionEvent, OrderRow, Place, Reason } from "../api/types";
import { nameOf, noteName } from "../feed/names";
import { isAfter, placeOf, versionOf } from "../feed/place";

export interface WaitingOrder extends OrderRow {
  key: string;
  place: Place | null;
  /** It waits no longer. */
  gone: boolean;
  /** When the feed last spoke of it, by this machine's clock; 0 if it never did. */
  heardAtMs: number;
}

type OrderEvent = Extract<DecisionEvent, { order_id: string; reasons: unknown }>;
const KEPT_MOST = 5_000;
const ANSWERS = new Set(["order_released", "order_referred", "order_blocked", "order_release_withdrawn"]);

export class OrderBook {
  private readonly known = new Map<string, WaitingOrder>();

  get orders(): ReadonlyMap<string, WaitingOrder> {
    return this.known;
  }

  /** Take in a list from the api: what events have said since is newer and stays.
   *
   * With `all`, what should be in the list and is not waits no longer, unless the feed spoke of it after that time. */
  load(rows: readonly OrderRow[], all?: { asOfMs: number; fits: (order: WaitingOrder) => boolean }): void {
    const listed = new Set(rows.map((row) => orderKey(row)));
    for (const row of rows) {
      noteName(row.account_id, row.account_name);
      const key = orderKey(row);
      const before = this.known.get(key);
      const place = placeOf(row.ledger);
      if (before?.place && place && isAfter(before.place, place)) continue;
      this.known.set(key, { ...row, key, place, gone: row.state !== "waiting", heardAtMs: 0 });
    }
    for (const [key, order] of all ? this.known : []) {
      const missing = !listed.has(key) && !order.gone && all?.fits(order);
      if (missing && order.heardAtMs < (all?.asOfMs ?? 0)) this.known.set(key, left(order));
    }
  }

  /** Take in a decision; returns whether it concerns orders. */
  take(event: DecisionEvent): boolean {
    if (event.type === "approval_changed") {
      for (const order of this.known.values()) {
        if (order.account_id !== event.account_id || order.order_id !== event.order_id) continue;
        const approval = event.state === "open" ? { approval_id: event.approval_id, needs: event.needs } : null;
        this.known.set(order.key, { ...order, approval, version: versionOf(event.ledger) });
      }
      return event.order_id != null;
    }
    if (!ANSWERS.has(event.type)) return false;
    const answer = event as OrderEvent;
    const key = orderKey(answer);
    const before = this.known.get(key);
    if (before?.place && !isAfter(answer.ledger, before.place)) return true;
    if (before !== undefined || waits(answer)) this.known.set(key, ofEvent(key, answer, before));
    this.bound();
    return true;
  }

  forgetGone(): void {
    for (const order of [...this.known.values()]) if (order.gone) this.known.delete(order.key);
  }

  private bound(): void {
    if (this.known.size <= KEPT_MOST) return;
    this.forgetGone();
    for (const key of this.known.keys()) {
      if (this.known.size <= KEPT_MOST) break;
      this.known.delete(key);
    }
  }
}

function orderKey(order: { account_id: string; order_id: string; seller_id?: string | null; ce_source?: string }) {
  return [order.account_id, order.order_id, order.seller_id ?? "", order.ce_source ?? ""].join("\n");
}

function left(order: WaitingOrder): WaitingOrder {
  return { ...order, gone: true, state: order.state === "waiting" ? "closed" : order.state };
}

function waits(answer: OrderEvent): boolean {
  if (answer.type === "order_released") return false;
  return answer.reasons[0]?.code !== "rejected_by_desk";
}

function ofEvent(key: string, answer: OrderEvent, before: WaitingOrder | undefined): WaitingOrder {
  const state = answer.type === "order_released" ? "released" : waits(answer) ? "waiting" : "rejected";
  return {
    account_id: answer.account_id,
    account_name: before?.account_name ?? nameOf(answer.account_id),
    order_id: answer.order_id,
    document_no: before?.document_no ?? null,
    seller_id: answer.seller_id ?? null,
    ce_source: answer.ce_source ?? "",
    customer_id: before?.customer_id ?? null,
    revision: answer.order_revision,
    decision_no: answer.decision_no,
    amount_minor: answer.amount_minor,
    currency: answer.currency,
    account_currency: answer.account_currency ?? answer.currency,
    placed_on: before?.placed_on ?? null,
    state,
    answer: answer.type,
    checkpoint: answer.checkpoint,
    // What waits no longer stays where it was in the list until it is taken out.
    since_at_ms: before && (before.state === state || state !== "waiting") ? before.since_at_ms : answer.at_ms,
    decided_at_ms: answer.at_ms,
    reasons: answer.reasons,
    exposure_minor: answer.exposure_minor,
    limit_minor: answer.limit_minor,
    headroom_before_minor: answer.headroom_before_minor,
    headroom_after_minor: answer.headroom_after_minor,
    delivered_minor: before?.delivered_minor ?? 0,
    invoiced_minor: before?.invoiced_minor ?? 0,
    suggestion: before?.suggestion ?? null,
    approval: before?.approval ?? null,
    effect: answer.effect,
    version: versionOf(answer.ledger),
    ledger: before?.ledger ?? null,
    key,
    place: answer.ledger,
    gone: state !== "waiting",
    heardAtMs: Date.now(),
  };
}

/** What would be free if the order were released as it stands; null where there is no limit or another currency. */
export function headroomIfReleased(order: WaitingOrder): number | null {
  if (order.headroom_before_minor === null || order.currency !== order.account_currency) return null;
  return order.headroom_before_minor - order.amount_minor;
}

/** The reasons that make it wait first, by precedence, then those that only warn. */
export function reasonsThatHold(order: WaitingOrder): Reason[] {
  const warns = (reason: Reason) => reason.answer === "warn";
  return [...order.reasons.filter((reason) => !warns(reason)), ...order.reasons.filter(warns)];
}
