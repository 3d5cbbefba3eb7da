/** What the default policy says, in the chosen language. */
import { settings } from "../settings";
import generated from "./generated.json";

const texts: Record<string, Record<string, string>> = generated.policy_texts;

/** A measure, or another text of a policy; what somebody wrote for their own policy as they wrote it. */
export function policyText(text: string): string {
  return texts[settings().language]?.[text] ?? text;
}
