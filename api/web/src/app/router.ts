/** Where the person is: the part of the address after `#`, with filters behind `?`. */
import { useCallback, useSyncExternalStore } from "react";

export interface Route {
  /** First part: which screen. */
  screen: string;
  /** The other parts, decoded. */
  parts: string[];
  query: URLSearchParams;
  hash: string;
}

export const FIRST_SCREEN = "desk";
let known: Route | null = null;

function route(): Route {
  const hash = window.location.hash;
  if (known === null || known.hash !== hash) known = parse(hash);
  return known;
}

function parse(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [screen = "", ...parts] = path.split("/").map(decoded);
  return { screen: screen || FIRST_SCREEN, parts: parts.filter(Boolean), query: new URLSearchParams(query), hash };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}

export function useRoute(): Route {
  return useSyncExternalStore(subscribe, route);
}

/** The address of a place on the page: `hrefOf(["accounts", "A-7"])` is `#/accounts/A-7`. */
export function hrefOf(parts: readonly string[], query: Record<string, string> = {}): string {
  const path = parts.map(encodeURIComponent).join("/");
  const filters = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ""));
  const text = filters.toString();
  return `#/${path}${text ? `?${text}` : ""}`;
}

export function accountHref(accountId: string): string {
  return hrefOf(["accounts", accountId]);
}

export function goTo(href: string): void {
  window.location.hash = href;
}

/** A filter that lives in the address, so that a link shows what its sender saw; "" is not there. */
export function useAddressState(name: string): [string, (value: string) => void] {
  const { query } = useRoute();
  const set = useCallback((value: string) => changeAddress({ [name]: value }), [name]);
  return [query.get(name) ?? "", set];
}

/** Change filters in the address without a step for the back button. */
export function changeAddress(changed: Record<string, string>): void {
  const { screen, parts, query } = route();
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changed)) {
    if (value === "") next.delete(name);
    else next.set(name, value);
  }
  window.history.replaceState(null, "", hrefOf([screen, ...parts], Object.fromEntries(next)));
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}
