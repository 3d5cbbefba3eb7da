import type { DeedName } from "../acting/deeds";
import { useAnswer } from "../api/query";
import type { AccountAnswer, ApprovalRow } from "../api/types";
import { accountHref } from "../app/router";
import { dateTime, day, money } from "../format";
import { GradeMark } from "../parts/marks";
import { askedInWords } from "../trail/decisions";
import { field, tell } from "../words/tell";
import { sharedOr } from "../words/words";
import { roleFor, stepsOf, type Turn, type Who } from "./sorting";

interface RequestCardProps {
  request: ApprovalRow;
  turn: Turn;
  who: Who;
  act: (deed: DeedName, request: ApprovalRow, role: string | null) => void;
}

/** One open request: what is asked, for whom, by whom and why, who agreed, who still has to, until when. */
export function RequestCard({ request, turn, who, act }: RequestCardProps) {
  const said = request.because.map((reason) => reason.reason).find((reason) => typeof reason === "string");
  return (
    <li className="card">
      <div className="card-main">
        <h3>
          <a href={accountHref(request.account_id)}>{request.account_name ?? request.account_id}</a>{" "}
          <span className="dim">{request.account_id}</span>
        </h3>
        <p className="asked">{askedInWords({ ...request }, request.currency ?? "")}</p>
        {said ? <q>{said}</q> : null}
        <p className="dim">
          {tell("asked_by_at", { actor: request.maker, at: dateTime(request.opened_at_ms) })}
          {request.valid_until ? ` · ${tell("holds_until", { day: day(request.valid_until) })}` : ""}
          {request.expires_on ? ` · ${tell("expires_on_day", { day: day(request.expires_on) })}` : ""}
        </p>
        {turn === "mine" ? <AccountNow accountId={request.account_id} /> : null}
      </div>
      <ol className="steps" aria-label={tell("steps")}>
        {stepsOf(request).map((step, at) => (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: steps have an order and the same role may come twice
            key={at}
            className={step.actor ? "step-done" : step.now ? "step-now" : "step-later"}
            aria-current={step.now ? "step" : undefined}
          >
            <span aria-hidden="true">{step.actor ? "✓" : step.now ? "◔" : "○"}</span> {sharedOr("roles", step.role)}
            {step.actor ? `: ${step.actor}` : step.now ? ` – ${tell("waited_for")}` : ""}
            {step.inPlaceOf ? ` (${tell("in_place_of", { actor: step.inPlaceOf })})` : ""}
          </li>
        ))}
      </ol>
      <div className="card-deeds">
        {turn === "mine" ? (
          <>
            <button type="button" className="primary" onClick={() => act("approve", request, roleFor(request, who))}>
              {tell("deed_approve")}
            </button>
            <button type="button" onClick={() => act("deny", request, roleFor(request, who))}>
              {tell("deed_deny")}
            </button>
          </>
        ) : null}
        {turn === "own" ? (
          <button type="button" onClick={() => act("withdraw", request, null)}>
            {tell("deed_withdraw")}
          </button>
        ) : null}
        {request.subject === "order_release" && request.order_id ? (
          <span className="dim">
            {field("order_id")} {request.order_id}
          </span>
        ) : null}
      </div>
    </li>
  );
}

/** How the account stands now, for whoever is to decide. */
function AccountNow({ accountId }: { accountId: string }) {
  const { data } = useAnswer<AccountAnswer>(`/accounts/${encodeURIComponent(accountId)}`);
  if (data === undefined) return null;
  const { currency } = data;
  const values = {
    limit: data.unlimited ? field("unlimited") : money(data.limit_minor, currency),
    exposure: money(data.net_exposure_minor, currency),
    overdue: money(data.overdue_minor, currency),
  };
  return (
    <p>
      {tell("now_in_force", values)} <GradeMark grade={data.grade} />
    </p>
  );
}
