/** Single keys: never while somebody types, and never what cannot be undone without a question. */
import { useEffect, useRef } from "react";

export type Keys = Record<string, (event: KeyboardEvent) => void>;

const layers: { keys: { current: Keys }; modal: boolean }[] = [];

/** Listen to keys while the component is on the screen. A modal layer hides those under it. */
export function useKeys(keys: Keys, modal = false): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const layer = { keys: latest, modal };
    layers.push(layer);
    return () => {
      layers.splice(layers.indexOf(layer), 1);
    };
  }, [modal]);
}

const CHORD_MS = 1_200;
let chord = "";
let chordTimer: number | undefined;

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  if (isTyping(event.target) && event.key !== "Escape") return;
  const pressed = chord ? `${chord} ${event.key}` : event.key;
  for (const layer of layers.toReversed()) {
    const handler = layer.keys.current[pressed];
    if (handler) {
      endChord();
      event.preventDefault();
      handler(event);
      return;
    }
    const begins = Object.keys(layer.keys.current).some((key) => key.startsWith(`${pressed} `));
    if (begins) {
      chord = pressed;
      window.clearTimeout(chordTimer);
      chordTimer = window.setTimeout(endChord, CHORD_MS);
      return;
    }
    if (layer.modal) break;
  }
  endChord();
}

function endChord(): void {
  chord = "";
  window.clearTimeout(chordTimer);
}

window.addEventListener("keydown", onKey);
