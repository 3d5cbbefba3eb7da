/** Words in the chosen language, and how sentences are filled in. */
import { settings } from "../settings";
import { en, type Word } from "./en";
import { fill } from "./fill";
import generated from "./generated.json";
import { zh } from "./zh";

export { fill };

const own = { en, zh };

export type SharedKind = "headings" | "reasons" | "causes" | "subjects" | "sentences" | "roles";

/** The page's word for a key, with `{name}`s filled in. */
export function say(word: Word, values: Record<string, string | number> = {}): string {
  return fill(own[settings().language][word], values);
}

/** Whether a text is the key of one of the page's words, for keys that are put together. */
export function isWord(key: string): key is Word {
  return key in en;
}

/** The word for a key that is put together, or the key without underscores where there is none. */
export function sayIfKnown(key: string, otherwise: string): string {
  return isWord(key) ? say(key) : otherwise.replaceAll("_", " ");
}

/** A word that the terminal uses too, or undefined where it has none. */
export function shared(kind: SharedKind, key: string): string | undefined {
  return (generated[settings().language][kind] as Record<string, string>)[key];
}

/** A word that the terminal uses too, or the key as it is written. */
export function sharedOr(kind: SharedKind, key: string | null | undefined): string {
  if (!key) return "–";
  return shared(kind, key) ?? key.replaceAll("_", " ");
}
