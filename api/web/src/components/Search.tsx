/** Find an account by a part of its name or number, from every screen. */
import { type KeyboardEvent, useEffect, useId, useState } from "react";
import { useAnswer } from "../api/query";
import type { AccountPage } from "../api/types";
import { accountHref, goTo } from "../app/router";
import { say } from "../words/words";

const PAUSE_MS = 150;
const FOUND_MOST = 8;

export function Search() {
  const [typed, setTyped] = useState("");
  const [asked, setAsked] = useState("");
  const [chosen, setChosen] = useState(0);
  const [open, setOpen] = useState(false);
  const listId = useId();
  useEffect(() => {
    const timer = setTimeout(() => setAsked(typed.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  const answer = useAnswer<AccountPage>(asked ? "/accounts" : null, { query: asked, limit: FOUND_MOST });
  const found = asked && !answer.stale ? (answer.data?.accounts ?? []) : [];
  const shown = open && asked !== "" && answer.data !== undefined;

  const leave = () => {
    setTyped("");
    setOpen(false);
    (document.activeElement as HTMLElement | null)?.blur();
  };
  const pick = (accountId: string) => {
    leave();
    goTo(accountHref(accountId));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const account = found[chosen];
    if (event.key === "ArrowDown") setChosen(Math.min(chosen + 1, found.length - 1));
    else if (event.key === "ArrowUp") setChosen(Math.max(chosen - 1, 0));
    else if (event.key === "Enter" && account) pick(account.account_id);
    else if (event.key === "Escape") leave();
    else return;
    event.preventDefault();
  };

  return (
    <search className="search">
      <input
        id="search"
        type="search"
        role="combobox"
        aria-expanded={shown}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={shown && found[chosen] ? `${listId}-${chosen}` : undefined}
        aria-label={say("search")}
        placeholder={`${say("search_hint")}  /`}
        autoComplete="off"
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setChosen(0);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={onKeyDown}
      />
      <div id={listId} role="listbox" aria-label={say("search")} className="search-list" hidden={!shown}>
        {found.map((account, number) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field, which names the chosen option
          <div
            key={account.account_id}
            id={`${listId}-${number}`}
            role="option"
            aria-selected={number === chosen}
            className={number === chosen ? "chosen" : undefined}
            onMouseDown={(event) => {
              event.preventDefault();
              pick(account.account_id);
            }}
          >
            <strong>{account.name ?? account.account_id}</strong> <span className="dim">{account.account_id}</span>
          </div>
        ))}
        {shown && found.length === 0 && <div className="dim">{say("search_none", { query: asked })}</div>}
      </div>
    </search>
  );
}
