/** The screens there are: a file in `screens/` each, loaded when it is first opened. */
import { type ComponentType, type LazyExoticComponent, lazy } from "react";
import type { Word } from "../words/en";

export interface ScreenProps {
  /** The parts of the address behind the screen's name. */
  parts: string[];
}

type Loader = () => Promise<{ default: ComponentType<ScreenProps> }>;

export interface Screen {
  /** First part of its address. */
  route: string;
  word: Word;
  /** The key after `g` that goes there. */
  key: string;
  component: LazyExoticComponent<ComponentType<ScreenProps>>;
  /** Shown in the navigation. */
  listed: boolean;
}

const files = import.meta.glob("../screens/*.tsx") as Record<string, Loader>;

const WANTED: [route: string, file: string, word: Word, key: string][] = [
  ["desk", "Desk", "nav_desk", "d"],
  ["accounts", "Dossier", "nav_accounts", "c"],
  ["portfolio", "Portfolio", "nav_portfolio", "p"],
  ["approvals", "Approvals", "nav_approvals", "a"],
  ["policy", "Policy", "nav_policy", "y"],
  ["system", "System", "nav_system", "s"],
];

export const SCREENS: readonly Screen[] = WANTED.flatMap(([route, file, word, key]) => {
  const load = files[`../screens/${file}.tsx`];
  return load ? [{ route, word, key, component: lazy(load), listed: true }] : [];
});
