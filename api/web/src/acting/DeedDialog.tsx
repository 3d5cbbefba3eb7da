import { type FormEvent, useId, useState } from "react";
import { type CommandType, command } from "../api/commands";
import { Problem } from "../api/problem";
import type { Commands } from "../api/types";
import { Dialog } from "../components/Dialog";
import { errorInWords } from "../components/states";
import { toast } from "../components/toasts";
import { minorOf } from "../format";
import { field, tell } from "../words/tell";
import { say } from "../words/words";
import { type Asked, type Deed, filled, newIdFor } from "./deeds";

export interface Subject {
  accountId: string;
  currency: string;
  /** What the person saw; the api refuses if the account moved on in a way that matters. */
  version: string | null;
  /** Fields of the fact that are given, such as the order. */
  given?: Record<string, unknown>;
  /** What it is done to, in words. */
  what: string;
  /** Today by the account's business date, for fields of days. */
  today?: string | null;
}

interface DeedDialogProps {
  deed: Deed;
  subject: Subject;
  /** The account's version as it is known by now, for a second try after it has moved on. */
  newest?: string | null;
  onClose: (done: boolean) => void;
}

/** Asks for the reason and what else a deed needs, does it, and says what the ledger made of it. */
export function DeedDialog({ deed, subject, newest = null, onClose }: DeedDialogProps) {
  const form = useId();
  const [typed, setTyped] = useState<Record<string, string>>(() => begun(deed, subject));
  // One id for all tries of one dialog, so that a second try of what arrived is no second promise.
  const [made] = useState(() => (deed.makes ? { [deed.makes]: newIdFor(deed.makes) } : {}));
  const [wrong, setWrong] = useState<string[]>([]);
  const [trouble, setTrouble] = useState("");
  const [sending, setSending] = useState(false);
  const [movedOn, setMovedOn] = useState(false);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const found = filled(deed, typed, subject.currency, minorOf);
    setWrong("wrong" in found ? found.wrong : []);
    if ("wrong" in found) return;
    setSending(true);
    setTrouble("");
    try {
      // What a deed asks for is what its fact needs; the api checks each field again.
      const fact = { account_id: subject.accountId, ...subject.given, ...made, ...found.fact } as Commands[CommandType];
      const answer = await command(deed.type, fact, movedOn ? newest : subject.version);
      if (answer.outcome === "refused") {
        setTrouble(say("desk_refused", { why: field(answer.refusal ?? "") }));
        return;
      }
      toast("done", tell(answer.outcome === "pending" ? "sent_pending" : "deed_done", { what: tell(deed.title) }));
      onClose(true);
    } catch (error) {
      const isMoved = error instanceof Problem && error.status === 409;
      setMovedOn(isMoved);
      setTrouble(isMoved ? say("desk_moved_on") : errorInWords(error as Error));
    } finally {
      setSending(false);
    }
  };

  const actions = (
    <>
      <button type="button" onClick={() => onClose(false)}>
        {say("cancel")}
      </button>
      <button type="submit" form={form} className={deed.grave ? "danger" : "primary"} disabled={sending}>
        {tell(deed.title)}
      </button>
    </>
  );
  return (
    <Dialog title={tell(deed.title)} onClose={() => onClose(false)} actions={actions}>
      <form id={form} onSubmit={submit} noValidate>
        <p>
          <strong>{subject.what}</strong>
        </p>
        <p>{tell(deed.explain)}</p>
        {[...deed.asks, REASON].map((asked) => (
          <Entry
            key={asked.name}
            asked={asked}
            currency={subject.currency}
            value={typed[asked.name] ?? ""}
            wrong={wrong.includes(asked.name)}
            onChange={(value) => setTyped((before) => ({ ...before, [asked.name]: value }))}
          />
        ))}
        {trouble ? (
          <p className="problem" role="alert">
            {trouble}
          </p>
        ) : null}
      </form>
    </Dialog>
  );
}

const REASON: Asked = { name: "reason", kind: "text" };

function begun(deed: Deed, subject: Subject): Record<string, string> {
  const days = deed.asks.filter(({ name }) => name === "reviewed_on" || name === "promised_on");
  return Object.fromEntries(days.map(({ name }) => [name, subject.today ?? ""]));
}

interface EntryProps {
  asked: Asked;
  currency: string;
  value: string;
  wrong: boolean;
  onChange: (value: string) => void;
}

function Entry({ asked, currency, value, wrong, onChange }: EntryProps) {
  const id = useId();
  const note = `${id}-note`;
  const shared = {
    id,
    value,
    required: !asked.optional,
    "aria-invalid": wrong,
    "aria-describedby": wrong ? note : undefined,
    onChange: (event: { target: { value: string } }) => onChange(event.target.value),
  };
  const isReason = asked.name === "reason";
  return (
    <div className="entry">
      <label htmlFor={id}>
        {isReason ? say("reason") : field(asked.name)}
        {asked.kind === "money" ? ` (${currency})` : ""}
        {asked.optional ? <span className="dim"> {tell("optional")}</span> : null}
      </label>
      {isReason ? (
        <textarea {...shared} rows={2} maxLength={400} />
      ) : (
        <input
          {...shared}
          type={asked.kind === "date" ? "date" : "text"}
          inputMode={asked.kind === "money" ? "decimal" : undefined}
          autoComplete="off"
        />
      )}
      {wrong ? (
        <span id={note} className="problem">
          {isReason ? say("reason_wanted") : tell("wanted_here")}
        </span>
      ) : null}
    </div>
  );
}
