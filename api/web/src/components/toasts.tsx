/** Short messages at the edge of the page: what happened to what somebody did, and to the connection. */
import { useSyncExternalStore } from "react";
import { say } from "../words/words";

export type ToastKind = "done" | "note" | "problem";

interface Toast {
  number: number;
  kind: ToastKind;
  text: string;
}

const SHOWN_MS: Record<ToastKind, number> = { done: 5_000, note: 8_000, problem: 15_000 };
const SHOWN_MOST = 4;

let toasts: readonly Toast[] = [];
let numbers = 0;
const listeners = new Set<() => void>();

function change(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

/** Show a message for some seconds; the same once more takes the place of the one before. */
export function toast(kind: ToastKind, text: string): void {
  numbers += 1;
  const number = numbers;
  const others = toasts.filter((shown) => shown.kind !== kind || shown.text !== text);
  change([...others.slice(1 - SHOWN_MOST), { number, kind, text }]);
  window.setTimeout(() => dismiss(number), SHOWN_MS[kind]);
}

function dismiss(number: number): void {
  change(toasts.filter((shown) => shown.number !== number));
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
  return (
    <div className="toasts" role="status">
      {shown.map((one) => (
        <div key={one.number} className={`toast toast-${one.kind}`}>
          <span>{one.text}</span>
          <button type="button" className="plain" aria-label={say("close")} onClick={() => dismiss(one.number)}>
            ×
          </button>
        </div>
      ))}
    </div>
  );
}
