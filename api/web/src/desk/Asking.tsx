/** The question before everything that changes something: says what follows, wants a reason, shows what the ledger says. */
import { type FormEvent, type ReactNode, useId, useRef, useState } from "react";
import { Problem } from "../api/problem";
import { Dialog } from "../components/Dialog";
import { errorInWords } from "../components/states";
import { say, sayIfKnown } from "../words/words";

const REASONS_KEPT = 8;
const KEY = "obligor.reasons";

interface AskingProps {
  title: string;
  children?: ReactNode;
  confirm: string;
  danger?: boolean;
  /** Does it; resolves when the ledger has answered, and throws what it refused. */
  onConfirm: (reason: string, form: FormData) => Promise<void>;
  onClose: () => void;
  /** Called where the person has to look again before deciding. */
  onMovedOn?: () => void;
}

/** What the ledger refused, with its reason code. */
export class Refused extends Error {
  constructor(code: string | null | undefined, message?: string | null) {
    super(say("desk_refused", { why: sayIfKnown(`refusal_${code ?? ""}`, message ?? code ?? "") }));
    this.name = "Refused";
  }
}

export function Asking({ title, children, confirm, danger, onConfirm, onClose, onMovedOn }: AskingProps) {
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");
  const form = useRef<HTMLFormElement>(null);
  const formId = useId();
  const listId = useId();

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (form.current === null || busy) return;
    const said = new FormData(form.current);
    const reason = String(said.get("reason") ?? "").trim();
    setBusy(true);
    setTrouble("");
    try {
      await onConfirm(reason, said);
      keepReason(reason);
      onClose();
    } catch (error) {
      const movedOn = error instanceof Problem && error.status === 409;
      if (movedOn) onMovedOn?.();
      setTrouble(movedOn ? say("desk_moved_on") : errorInWords(error as Error));
      setBusy(false);
    }
  };

  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <>
          <button type="button" onClick={onClose}>
            {say("cancel")}
          </button>
          <button type="submit" form={formId} className={danger ? "danger" : "primary"} disabled={busy}>
            {confirm}
          </button>
        </>
      }
    >
      <form id={formId} ref={form} onSubmit={submit}>
        {children}
        <label>
          {say("reason")} <span className="dim">{say("reason_wanted")}</span>
          <input
            name="reason"
            required
            maxLength={500}
            ref={(input) => input?.setAttribute("autofocus", "")}
            list={listId}
            placeholder={say("reason_example")}
            autoComplete="off"
          />
        </label>
        <datalist id={listId}>
          {keptReasons().map((reason) => (
            <option key={reason} value={reason} />
          ))}
        </datalist>
        {trouble && (
          <p className="problem" role="alert">
            {trouble}
          </p>
        )}
      </form>
    </Dialog>
  );
}

function keptReasons(): string[] {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "[]") as string[];
  } catch {
    return [];
  }
}

function keepReason(reason: string): void {
  const kept = [reason, ...keptReasons().filter((before) => before !== reason)].slice(0, REASONS_KEPT);
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // They are only for convenience.
  }
}
