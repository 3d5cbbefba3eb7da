/** The api as the page calls it: JSON both ways, problems as errors, unchanged answers not sent twice. */
import { Problem, type ProblemDetail, Unreachable } from "./problem";

export type Query = Record<string, string | number | boolean | null | undefined>;

const ETAGS_MAX = 200;
const etags = new Map<string, { etag: string; body: unknown }>();
const listeners = new Set<() => void>();

/** Be told when the api does not know who is asking any more. */
export function onUnknownCaller(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The address of a resource with its filters; empty ones are left out. */
export function address(path: string, query: Query = {}): string {
  const found = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") found.set(name, String(value));
  }
  const text = found.toString();
  return `/v1${path}${text ? `?${text}` : ""}`;
}

export async function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  const url = address(path, query);
  const known = etags.get(url);
  const headers: Record<string, string> = { Accept: "application/json" };
  if (known) headers["If-None-Match"] = known.etag;
  const response = await reach(url, { headers, signal: signal ?? null });
  if (response.status === 304 && known) return known.body as T;
  const body = (await answerOf(response)) as T;
  const etag = response.headers.get("ETag");
  if (etag) keep(url, etag, body);
  return body;
}

export interface Posted<T> {
  status: number;
  body: T;
}

export async function send<T>(
  method: "POST" | "DELETE" | "PUT",
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Posted<T>> {
  const response = await reach(address(path), {
    method,
    headers: { "Content-Type": "application/json", Accept: "application/json", ...headers },
    body: body === undefined ? null : JSON.stringify(body),
  });
  return { status: response.status, body: (await answerOf(response)) as T };
}

function keep(url: string, etag: string, body: unknown): void {
  etags.delete(url);
  etags.set(url, { etag, body });
  const oldest = etags.keys().next().value;
  if (etags.size > ETAGS_MAX && oldest !== undefined) etags.delete(oldest);
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { credentials: "same-origin", ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unreachable(error);
  }
}

async function answerOf(response: Response): Promise<unknown> {
  const text = await response.text();
  if (response.ok) return text ? JSON.parse(text) : null;
  if (response.status === 401) for (const listener of listeners) listener();
  throw new Problem(problemOf(response, text));
}

function problemOf(response: Response, text: string): ProblemDetail {
  try {
    const detail = JSON.parse(text) as Partial<ProblemDetail>;
    return { ...detail, status: response.status };
  } catch {
    return { status: response.status, title: response.statusText };
  }
}
