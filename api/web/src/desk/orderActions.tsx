/** What people do with a waiting order: let it through, refuse it, ask others, or want the money first. */
import { type CommandAnswer, command } from "../api/commands";
import type { DecisionEvent } from "../api/types";
import { type ToastKind, toast } from "../components/toasts";
import { nameOf } from "../feed/names";
import { money } from "../format";
import { reasonInWords, rolesInWords } from "../words/sentences";
import { say } from "../words/words";
import { Asking, Refused } from "./Asking";
import { headroomIfReleased, reasonsThatHold, type WaitingOrder } from "./orderBook";

export type OrderAct = "release" | "refer" | "reject" | "prepayment";

interface OrderAskingProps {
  act: OrderAct;
  order: WaitingOrder;
  onClose: () => void;
  onMovedOn: () => void;
}

export function OrderAsking({ act, order, onClose, onMovedOn }: OrderAskingProps) {
  const account = nameOf(order.account_id);
  const confirm = async (reason: string) => {
    const answer = await tell(act, order, reason);
    if (answer.outcome === "refused") throw new Refused(answer.refusal, answer.message);
    toast(...outcomeInWords(act, order, answer));
  };
  return (
    <Asking
      title={say(`confirm_${act}`, { order: order.document_no ?? order.order_id, account })}
      confirm={say(`act_${act}`)}
      danger={act === "reject"}
      onConfirm={confirm}
      onClose={onClose}
      onMovedOn={onMovedOn}
    >
      <p>{explanation(act, order)}</p>
      {act !== "prepayment" && order.reasons.length > 0 && (
        <ul className="reasons">
          {reasonsThatHold(order)
            .slice(0, 4)
            .map((reason) => (
              <li key={String(reason.code)}>{reasonInWords(reason, order.account_currency)}</li>
            ))}
        </ul>
      )}
    </Asking>
  );
}

function explanation(act: OrderAct, order: WaitingOrder): string {
  if (act !== "release") return say(`explain_${act}`);
  const amount = money(order.amount_minor, order.currency);
  const after = headroomIfReleased(order);
  if (after === null) return say("explain_release_no_limit", { amount });
  const [from, to] = [order.headroom_before_minor, after].map((minor) => money(minor, order.account_currency));
  return say("explain_release", { amount, before: from ?? "", after: to ?? "" });
}

function tell(act: OrderAct, order: WaitingOrder, reason: string): Promise<CommandAnswer> {
  const { account_id, order_id, seller_id, version } = order;
  const seen = { account_id, order_id, seller_id, reason, seen_decision_no: order.decision_no };
  switch (act) {
    case "release":
      return command("order_release", seen, version);
    case "reject":
      return command("order_reject", seen, version);
    case "prepayment":
      return command("prepayment_required", { account_id, reason }, version);
    case "refer": {
      const approval_id = `${order_id}/${order.decision_no}`;
      return command("approval_requested", {
        account_id,
        order_id,
        seller_id,
        reason,
        approval_id,
        subject: "order_release",
      });
    }
  }
}

function outcomeInWords(act: OrderAct, order: WaitingOrder, answer: CommandAnswer): [kind: ToastKind, text: string] {
  const decisions = (answer.decisions ?? []) as unknown as DecisionEvent[];
  const name = order.document_no ?? order.order_id;
  if (answer.outcome === "pending") return ["note", say("desk_pending")];
  if (decisions.some((one) => one.type === "order_released" && one.order_id === order.order_id)) {
    return ["done", say("desk_released", { order: name })];
  }
  const asked = decisions.find((one) => one.type === "approval_changed");
  if (asked?.type === "approval_changed" && asked.state === "open") {
    return ["note", say("desk_approval_asked", { roles: rolesInWords(asked.needs, asked.in_order) })];
  }
  const still = decisions.find((one) => "order_id" in one && one.order_id === order.order_id && "reasons" in one);
  const first = still && "reasons" in still ? still.reasons?.[0] : undefined;
  if (act === "release" && first) {
    return ["note", say("desk_still_waits", { why: reasonInWords(first, order.account_currency) })];
  }
  return ["done", say("desk_done", { what: say(`act_${act}`) })];
}
