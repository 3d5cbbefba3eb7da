/** Whom something is about, for people: an account by its name, or all of them. */
import { nameOf } from "../feed/names";
import { say } from "./words";

export function whose(accountId: string | null): string {
  return accountId ? nameOf(accountId) : say("all_accounts");
}
