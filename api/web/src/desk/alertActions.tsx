/** What people do with alerts: seen, somebody's, quiet, done; one group or many at once. */
import { type CommandAnswer, command } from "../api/commands";
import { useSession } from "../app/session";
import { toast } from "../components/toasts";
import { dayFromNow } from "../feed/businessTime";
import { count } from "../format";
import { causeInWords } from "../words/sentences";
import { whose } from "../words/whose";
import { say } from "../words/words";
import { Asking, Refused } from "./Asking";
import { type AlertGroup, canHandle, isAboutModel, type OpenAlert } from "./alertBook";

export type AlertAct = "acknowledge" | "assign" | "snooze" | "close";

const SNOOZED_DAYS = 3;
const AT_ONCE = 6;

/** Whether an act can be done with an alert: those about the model end with the model and are not snoozed. */
export function canDo(act: AlertAct, alert: OpenAlert): boolean {
  return canHandle(alert) && !(act === "snooze" && isAboutModel(alert));
}

interface AlertAskingProps {
  act: AlertAct;
  groups: readonly AlertGroup[];
  onClose: () => void;
  onMovedOn: () => void;
}

export function AlertAsking({ act, groups, onClose, onMovedOn }: AlertAskingProps) {
  const session = useSession();
  const alerts = groups.flatMap((group) => group.alerts.filter((alert) => canDo(act, alert)));
  const first = groups[0];
  const one = groups.length === 1 && first ? `${whose(first.accountId)}: ${causeInWords(first.head)}` : "";
  const what = one || say("alerts_count", { count: count(alerts.length) });

  const confirm = async (reason: string, form: FormData) => {
    const failed = await forEach(alerts, (alert) => tell(act, alert, reason, form));
    if (failed.length > 0 && failed.length === alerts.length) throw failed[0];
    const done = alerts.length - failed.length;
    const name = say(`act_${act}`);
    if (failed.length > 0) {
      toast("problem", say("desk_failed_many", { what: name, count: failed.length, all: alerts.length }));
    } else if (done === 1) toast("done", say("desk_done", { what: name }));
    else toast("done", say("desk_done_many", { what: name, count: done }));
  };

  return (
    <Asking
      title={say(`confirm_${act}`, { what })}
      confirm={say(`act_${act}`)}
      onConfirm={confirm}
      onClose={onClose}
      onMovedOn={onMovedOn}
    >
      {act === "close" && <p>{say("explain_close")}</p>}
      {act === "assign" && (
        <label>
          {say("assign_to")}
          <input name="owner" required defaultValue={session.actor} autoComplete="off" />
        </label>
      )}
      {act === "snooze" && (
        <label>
          {say("snooze_until")}
          <input name="until_on" type="date" required defaultValue={dayFromNow(SNOOZED_DAYS)} min={dayFromNow(1)} />
        </label>
      )}
    </Asking>
  );
}

async function tell(act: AlertAct, alert: OpenAlert, reason: string, form: FormData): Promise<void> {
  const answer = await (isAboutModel(alert) ? tellOfModel : tellOfAccount)(act, alert, reason, form);
  if (answer.outcome === "refused") throw new Refused(answer.refusal, answer.message);
  if (answer.outcome === "pending") toast("note", say("desk_pending"));
}

type Tell = (act: AlertAct, alert: OpenAlert, reason: string, form: FormData) => Promise<CommandAnswer>;

const tellOfModel: Tell = (act, alert, reason, form) => {
  const said = { alert_id: alert.alertId, reason };
  if (act === "assign") return command("model_alert_assigned", { ...said, owner: String(form.get("owner")) });
  return command(act === "close" ? "model_alert_closed" : "model_alert_acknowledged", said);
};

const tellOfAccount: Tell = (act, alert, reason, form) => {
  const said = { account_id: alert.accountId, alert_id: alert.alertId, reason };
  const seen = { ...said, seen_level: alert.level };
  switch (act) {
    case "acknowledge":
      return command("alert_acknowledged", seen, alert.version);
    case "assign":
      return command("alert_assigned", { ...said, owner: String(form.get("owner")) }, alert.version);
    case "snooze":
      return command("alert_snoozed", { ...seen, until_on: String(form.get("until_on")) }, alert.version);
    case "close":
      return command("alert_closed", seen, alert.version);
  }
};

/** Do something for each, some at once; returns what went wrong. */
async function forEach<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<unknown[]> {
  const failed: unknown[] = [];
  const left = [...items];
  const work = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) {
      try {
        await act(item);
      } catch (error) {
        failed.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return failed;
}
