/** What a person can do to an account from its dossier: the desk facts, and what each asks to be filled in. */
import type { CommandType } from "../api/commands";
import type { ScreenWord } from "../words/tell";

export interface Asked {
  name: string;
  kind: "money" | "date" | "text" | "days";
  optional?: boolean;
}

export interface Deed {
  type: CommandType;
  /** The permission that the api asks for. */
  needs: string;
  title: ScreenWord;
  explain: ScreenWord;
  asks: readonly Asked[];
  /** A field that gets an id of its own, for what nobody has numbered. */
  makes?: string;
  /** Takes away what customers have, so that the button says so. */
  grave?: boolean;
}

export const DEEDS = {
  request_limit: {
    type: "limit_requested",
    needs: "request_approvals",
    title: "deed_request_limit",
    explain: "explain_request_limit",
    asks: [
      { name: "limit_minor", kind: "money" },
      { name: "valid_until", kind: "date", optional: true },
    ],
  },
  hold: {
    type: "account_held",
    needs: "hold_accounts",
    title: "deed_hold",
    explain: "explain_hold",
    asks: [],
    grave: true,
  },
  lift: { type: "hold_lifted", needs: "hold_accounts", title: "deed_lift", explain: "explain_lift", asks: [] },
  suspend: {
    type: "account_suspended",
    needs: "set_standing",
    title: "deed_suspend",
    explain: "explain_suspend",
    asks: [],
    grave: true,
  },
  reinstate: {
    type: "account_reinstated",
    needs: "set_standing",
    title: "deed_reinstate",
    explain: "explain_reinstate",
    asks: [],
  },
  prepay: {
    type: "prepayment_required",
    needs: "release_orders",
    title: "deed_prepay",
    explain: "explain_prepay",
    asks: [],
    grave: true,
  },
  promise: {
    type: "promise_made",
    makes: "promise_id",
    needs: "collect",
    title: "deed_promise",
    explain: "explain_promise",
    asks: [
      { name: "amount_minor", kind: "money" },
      { name: "promised_on", kind: "date" },
      { name: "pay_by_on", kind: "date" },
    ],
  },
  review: {
    type: "account_reviewed",
    needs: "review_accounts",
    title: "deed_review",
    explain: "explain_review",
    asks: [
      { name: "reviewed_on", kind: "date" },
      { name: "next_review_on", kind: "date", optional: true },
    ],
  },
  note: { type: "note_added", needs: "write_notes", title: "deed_note", explain: "explain_note", asks: [] },
  release: {
    type: "order_release",
    needs: "release_orders",
    title: "deed_release",
    explain: "explain_release_order",
    asks: [],
  },
  reject: {
    type: "order_reject",
    needs: "release_orders",
    title: "deed_reject",
    explain: "explain_reject_order",
    asks: [],
    grave: true,
  },
  approve: { type: "approval_given", needs: "approve", title: "deed_approve", explain: "explain_approve", asks: [] },
  deny: {
    type: "approval_refused",
    needs: "approve",
    title: "deed_deny",
    explain: "explain_deny",
    asks: [],
    grave: true,
  },
  dismiss: {
    type: "dead_letter_dismissed",
    needs: "mend_dead_letters",
    title: "deed_dismiss",
    explain: "explain_dismiss",
    asks: [],
    grave: true,
  },
  withdraw: {
    type: "approval_withdrawn",
    needs: "request_approvals",
    title: "deed_withdraw",
    explain: "explain_withdraw",
    asks: [],
    grave: true,
  },
} as const satisfies Record<string, Deed>;

export type DeedName = keyof typeof DEEDS;

/** Returns what an account's dossier offers to do: neither what would change nothing nor what the person may not. */
export function deedsFor(account: { status: string; held: boolean }, may: (permission: string) => boolean): DeedName[] {
  const offered: DeedName[] = [
    "request_limit",
    account.held ? "lift" : "hold",
    ...(account.status === "active" ? (["prepay", "suspend"] as const) : (["reinstate"] as const)),
    "promise",
    "review",
    "note",
  ];
  return offered.filter((name) => may(DEEDS[name].needs));
}

/** Returns an id that nobody else has made, such as `promise-3f0c9a51`. */
export function newIdFor(field: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(4));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${field.replace(/_id$/, "")}-${hex}`;
}

/** Returns the fields of a fact that a person filled in, or the names of those that are wanted and are not right.
 *
 * `amountOf` reads an amount in a currency as minor units, or says null. */
export function filled(
  deed: Deed,
  typed: Record<string, string>,
  currency: string,
  amountOf: (text: string, currency: string) => number | null,
): { fact: Record<string, unknown> } | { wrong: string[] } {
  const fact: Record<string, unknown> = {};
  const wrong: string[] = [];
  for (const { name, kind, optional } of deed.asks) {
    const value = (typed[name] ?? "").trim();
    if (value === "") {
      if (!optional) wrong.push(name);
      continue;
    }
    const read = kind === "money" ? amountOf(value, currency) : kind === "days" ? whole(value) : value;
    if (read === null) wrong.push(name);
    else fact[name] = read;
    if (kind === "money") fact.currency = currency;
  }
  const reason = (typed.reason ?? "").trim();
  if (reason === "") wrong.push("reason");
  return wrong.length ? { wrong } : { fact: { ...fact, reason } };
}

function whole(value: string): number | null {
  return /^\d{1,4}$/.test(value) ? Number(value) : null;
}
