/** The live feed: comes back by cursor after every cut, so that each event is seen once and none is missed.
 *
 * Events reach the page in batches, a few times a second however many there are.
 */
import type { FeedEvent, FeedTopic, Place } from "../api/types";
import { isAfter } from "./place";

export type Connection =
  | { kind: "connecting" }
  | { kind: "live" }
  | { kind: "lost"; why: string; retryAtMs: number; sinceMs: number }
  | { kind: "refused"; why: string }
  | { kind: "signed_out" };

export interface FeedState {
  connection: Connection;
  /** When the last word came, by this machine's clock; 0 before the first. */
  heardAtMs: number;
  /** How much later than the best seen the last heartbeat came. */
  lagMs: number;
}

export interface CaughtUp {
  events: number;
  /** Events were missing: everything has to be read anew. */
  reset: boolean;
}

const BATCH_MS = 120;
const BATCH_MAX = 2_000;
const SILENT_MS = 30_000;
/** Caught up: nothing came for so long, or this long after the connection was made at the latest. */
const QUIET_MS = 600;
const CATCHING_UP_MOST_MS = 8_000;
const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 10_000;
const CURSOR_KEPT_MS = 10 * 60_000;
const CURSOR_KEY = "obligor.feed.cursor";
const CLOSE_NOT_UNDERSTOOD = 4400;
const CLOSE_UNKNOWN_CALLER = 4401;
const CLOSE_OTHER_ORIGIN = 4403;
const CLOSE_TOO_SLOW = 4408;

type Message =
  | { type: "hello"; epoch: string; head: string }
  | ({ type: "event"; cursor: string } & FeedEvent)
  | { type: "heartbeat"; head: string; at_ms: number }
  | { type: "reset"; reason: string }
  | { type: "error"; message: string };

export class FeedClient {
  private readonly topics: readonly FeedTopic[];
  private socket: WebSocket | null = null;
  private cursor: string | null;
  private highest = new Map<string, Place>();
  private waiting: FeedEvent[] = [];
  private batchTimer: number | undefined;
  private retryTimer: number | undefined;
  private quietTimer: number | undefined;
  private watchTimer: number | undefined;
  private retryMs = RETRY_FIRST_MS;
  private catchingUp: number | null = null;
  private connectedAtMs = 0;
  private wasReset = false;
  private wasConnected = false;
  private lastError = "";
  private bestDelayMs = Number.POSITIVE_INFINITY;
  private current: FeedState = { connection: { kind: "connecting" }, heardAtMs: 0, lagMs: 0 };
  private readonly stateListeners = new Set<() => void>();
  private readonly eventListeners = new Set<(events: readonly FeedEvent[]) => void>();
  private readonly caughtUpListeners = new Set<(caughtUp: CaughtUp) => void>();

  constructor(topics: readonly FeedTopic[]) {
    this.topics = topics;
    this.cursor = keptCursor();
  }

  /** Connect, and stay connected until `stop`. */
  start(): void {
    if (this.socket !== null) return;
    window.addEventListener("online", this.retryNow);
    this.watchTimer = window.setInterval(this.watch, 1_000);
    this.connect();
  }

  stop(): void {
    window.removeEventListener("online", this.retryNow);
    window.clearInterval(this.watchTimer);
    window.clearTimeout(this.retryTimer);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  state = (): FeedState => this.current;

  onState = (listener: () => void): (() => void) => listened(this.stateListeners, listener);

  onEvents = (listener: (events: readonly FeedEvent[]) => void): (() => void) =>
    listened(this.eventListeners, listener);

  onCaughtUp = (listener: (caughtUp: CaughtUp) => void): (() => void) => listened(this.caughtUpListeners, listener);

  /** Tell the page at once what the ledger answered to a command; the feed will say the same later. */
  tellAnswered(events: readonly FeedEvent[]): void {
    if (events.length > 0) for (const listener of this.eventListeners) listener(events);
  }

  /** The newest epoch that the feed has named of a partition. */
  epochOf(partition: number): number {
    const places = [...this.highest].filter(([stream]) => stream.endsWith(`/${partition}`));
    return Math.max(0, ...places.map(([, place]) => place.epoch));
  }

  retryNow = (): void => {
    if (this.current.connection.kind !== "lost") return;
    window.clearTimeout(this.retryTimer);
    this.connect();
  };

  private connect(): void {
    const scheme = window.location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${window.location.host}/v1/feed`);
    this.socket = socket;
    this.lastError = "";
    socket.onopen = () => {
      const after = this.cursor === null ? {} : { after: this.cursor };
      socket.send(JSON.stringify({ subscribe: this.topics, ...after }));
    };
    socket.onmessage = (message) => {
      if (socket === this.socket) this.take(JSON.parse(message.data as string) as Message);
    };
    socket.onclose = (close) => {
      if (socket === this.socket) this.lost(close.code, close.reason);
    };
  }

  private take(message: Message): void {
    const now = Date.now();
    this.retryMs = RETRY_FIRST_MS;
    switch (message.type) {
      case "hello":
        this.begin(message.head, now);
        break;
      case "event":
        this.keepCursor(message.cursor);
        this.takeEvent(message);
        break;
      case "heartbeat":
        this.keepCursor(message.head);
        this.bestDelayMs = Math.min(this.bestDelayMs, now - message.at_ms);
        this.tell({ heardAtMs: now, lagMs: now - message.at_ms - this.bestDelayMs });
        break;
      case "reset":
        // Places may begin anew too, where topics were made again.
        this.highest.clear();
        this.wasReset = true;
        this.cursor = null;
        break;
      case "error":
        this.lastError = message.message;
        break;
    }
    // The state object is only renewed once a second for the sake of the time alone.
    if (now - this.current.heardAtMs > 1_000) this.tell({ heardAtMs: now });
  }

  private begin(head: string, now: number): void {
    const resumed = this.wasConnected || this.cursor !== null;
    if (this.cursor === null) this.keepCursor(head);
    this.wasConnected = true;
    this.connectedAtMs = now;
    this.catchingUp = resumed ? 0 : null;
    this.waitForQuiet();
    this.tell({ connection: { kind: "live" }, heardAtMs: now });
  }

  private takeEvent(event: FeedEvent): void {
    const place = event.event.ledger;
    const stream = `${event.topic}/${place.partition}`;
    const before = this.highest.get(stream);
    if (before !== undefined && !isAfter(place, before)) return;
    this.highest.set(stream, place);
    this.waiting.push({ topic: event.topic, event: event.event } as FeedEvent);
    if (this.catchingUp !== null) {
      this.catchingUp += 1;
      this.waitForQuiet();
    }
    if (this.waiting.length >= BATCH_MAX) this.flush();
    if (this.batchTimer === undefined) this.batchTimer = window.setTimeout(this.flush, BATCH_MS);
  }

  private flush = (): void => {
    window.clearTimeout(this.batchTimer);
    this.batchTimer = undefined;
    const events = this.waiting;
    this.waiting = [];
    if (events.length > 0) for (const listener of this.eventListeners) listener(events);
  };

  private waitForQuiet(): void {
    window.clearTimeout(this.quietTimer);
    if (this.catchingUp === null) return;
    const left = this.connectedAtMs + CATCHING_UP_MOST_MS - Date.now();
    this.quietTimer = window.setTimeout(() => this.endCatchingUp(), Math.max(0, Math.min(QUIET_MS, left)));
  }

  private endCatchingUp(): void {
    if (this.catchingUp === null && !this.wasReset) return;
    const caughtUp = { events: this.catchingUp ?? 0, reset: this.wasReset };
    this.catchingUp = null;
    this.wasReset = false;
    this.flush();
    for (const listener of this.caughtUpListeners) listener(caughtUp);
  }

  private lost(code: number, reason: string): void {
    this.socket = null;
    this.flush();
    window.clearTimeout(this.quietTimer);
    if (code === CLOSE_NOT_UNDERSTOOD || code === CLOSE_OTHER_ORIGIN) {
      this.tell({ connection: { kind: "refused", why: this.lastError || reason } });
      return;
    }
    if (code === CLOSE_UNKNOWN_CALLER) {
      this.tell({ connection: { kind: "signed_out" } });
      return;
    }
    const pause = code === CLOSE_TOO_SLOW ? 0 : this.retryMs * (0.5 + Math.random() / 2);
    this.retryMs = Math.min(RETRY_MOST_MS, this.retryMs * 2);
    const before = this.current.connection;
    const sinceMs = before.kind === "lost" ? before.sinceMs : Date.now();
    this.tell({ connection: { kind: "lost", why: this.lastError || reason, retryAtMs: Date.now() + pause, sinceMs } });
    this.retryTimer = window.setTimeout(() => this.connect(), pause);
  }

  private watch = (): void => {
    if (this.socket !== null && this.current.connection.kind === "live") {
      if (Date.now() - this.current.heardAtMs > SILENT_MS) {
        const socket = this.socket;
        this.lost(1006, "");
        socket.close();
        return;
      }
    }
    // Ages and countdowns on the screen go by this.
    this.tell({});
  };

  private tell(changed: Partial<FeedState>): void {
    this.current = { ...this.current, ...changed };
    for (const listener of this.stateListeners) listener();
  }

  private keepCursor(cursor: string): void {
    this.cursor = cursor;
    keepCursorSoon(cursor);
  }
}

function listened<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function keptCursor(): string | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(CURSOR_KEY) ?? "null") as { cursor: string; atMs: number } | null;
    return kept !== null && Date.now() - kept.atMs < CURSOR_KEPT_MS ? kept.cursor : null;
  } catch {
    return null;
  }
}

let cursorTimer: number | undefined;
let newestCursor = "";

function keepCursorSoon(cursor: string): void {
  newestCursor = cursor;
  if (cursorTimer !== undefined) return;
  cursorTimer = window.setTimeout(() => {
    cursorTimer = undefined;
    try {
      sessionStorage.setItem(CURSOR_KEY, JSON.stringify({ cursor: newestCursor, atMs: Date.now() }));
    } catch {
      // Without storage a reload begins with what is now, as a first visit does.
    }
  }, 1_000);
}
