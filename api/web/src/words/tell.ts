/** Words of the screens beside the desk, and names of fields and codes. */
import { settings } from "../settings";
import { fieldsEn } from "./fields_en";
import { fieldsZh } from "./fields_zh";
import generated from "./generated.json";
import { refusalsEn, refusalsZh } from "./refusals";
import { screensEn } from "./screens_en";
import { screensZh } from "./screens_zh";
import { fill } from "./words";

const own = { en: screensEn, zh: screensZh };
const fields: Record<string, Record<string, string>> = {
  en: { ...generated.factors.en, ...refusalsEn, ...fieldsEn },
  zh: { ...generated.factors.zh, ...refusalsZh, ...fieldsZh },
};

export type ScreenWord = keyof typeof screensEn;

/** The screens' word for a key, with `{name}`s filled in. */
export function tell(word: ScreenWord, values: Record<string, string | number> = {}): string {
  return fill(own[settings().language][word], values);
}

export function isScreenWord(key: string): key is ScreenWord {
  return key in screensEn;
}

/** The name of a field or of a ratio, or the word for a code; one that is not known is shown without its underscores. */
export function field(name: string): string {
  return fields[settings().language]?.[name] ?? name.replaceAll("_", " ");
}
