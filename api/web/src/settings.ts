/** What a person has chosen for this browser: kept in its local storage, told to whoever listens. */
import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";
export type Language = "en" | "zh";
export type Density = "comfortable" | "compact";

export interface Settings {
  theme: Theme;
  language: Language;
  /** An IANA zone, or "" for the one of this machine. */
  timeZone: string;
  density: Density;
  sound: boolean;
  notices: boolean;
}

const KEY = "obligor.settings";

function preferredLanguage(): Language {
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

function read(): Settings {
  const defaults: Settings = {
    theme: "system",
    language: preferredLanguage(),
    timeZone: "",
    density: "compact",
    sound: false,
    notices: false,
  };
  try {
    return { ...defaults, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Settings>) };
  } catch {
    return defaults;
  }
}

let current = read();
const listeners = new Set<() => void>();
const systemTheme = window.matchMedia("(prefers-color-scheme: dark)");
systemTheme.addEventListener("change", () => {
  if (current.theme === "system") {
    current = { ...current };
    apply();
  }
});

function apply(): void {
  const root = document.documentElement;
  root.dataset.theme = shownTheme();
  root.dataset.density = current.density;
  root.lang = current.language === "zh" ? "zh-CN" : "en";
  for (const listener of listeners) listener();
}

/** The theme on the screen now: "system" resolved. */
export function shownTheme(): "light" | "dark" {
  if (current.theme !== "system") return current.theme;
  return systemTheme.matches ? "dark" : "light";
}

export function settings(): Settings {
  return current;
}

export function changeSettings(changed: Partial<Settings>): void {
  current = { ...current, ...changed };
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // A browser that keeps nothing still works until the page is closed.
  }
  apply();
}

export function useSettings(): Settings {
  return useSyncExternalStore(subscribe, settings);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

apply();
