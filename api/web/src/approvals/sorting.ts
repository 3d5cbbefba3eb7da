import type { Agreement, ApprovalRow } from "../api/types";

type Asked = Pick<ApprovalRow, "state" | "maker" | "needs" | "in_order"> & { given: readonly Agreement[] };

export interface Who {
  actor: string;
  /** Whether the api lets the person agree to anything at all. */
  mayApprove: boolean;
  /** People by role of the policy; a role that nobody is listed for is had by whoever may approve at all. */
  people: Readonly<Record<string, readonly string[]>>;
}

/** Returns whether a person has a role of the policy. */
export function hasRole(role: string, who: Who): boolean {
  if (!who.mayApprove) return false;
  const listed = who.people[role] ?? [];
  return listed.length === 0 || listed.includes(who.actor);
}

export type Turn = "mine" | "others" | "own" | "decided";

/** Returns whose turn a request is: a person with a role it needs now, who did not ask and has not agreed yet. */
export function turnOf(request: Asked, who: Who): Turn {
  if (request.state !== "open") return "decided";
  if (request.maker === who.actor) return "own";
  if (request.given.some((one) => one.actor === who.actor)) return "others";
  const now = request.in_order ? request.needs.slice(0, 1) : request.needs;
  return now.some((role) => hasRole(role, who)) ? "mine" : "others";
}

/** Returns the role in which a person would agree now, or null where it is not their turn. */
export function roleFor(request: Pick<ApprovalRow, "needs" | "in_order">, who: Who): string | null {
  const now = request.in_order ? request.needs.slice(0, 1) : request.needs;
  return now.find((role) => hasRole(role, who)) ?? null;
}

export interface Step {
  role: string;
  actor: string | null;
  inPlaceOf: string | null;
  /** Whether it is this step that is waited for now. */
  now: boolean;
}

/** Returns the steps of a request: who agreed so far, then the roles still to agree. */
export function stepsOf(request: Omit<Asked, "maker">): Step[] {
  const done = request.given.map((one) => ({
    role: one.role,
    actor: one.actor,
    inPlaceOf: one.in_place_of ?? null,
    now: false,
  }));
  const open = request.needs.map((role, at) => ({
    role,
    actor: null,
    inPlaceOf: null,
    now: request.state === "open" && (!request.in_order || at === 0),
  }));
  return [...done, ...open];
}
