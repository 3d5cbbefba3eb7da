import { useCallback, useMemo } from "react";
import type { Fields } from "../api/answers";
import { useAnswer } from "../api/query";
import type { AccountAnswer, ExposureHistory, ScorePage } from "../api/types";
import type { ChartContext } from "../charts/context";
import { exposureOption } from "../charts/exposure";
import { LevelMark, levelOf } from "../components/LevelMark";
import { Empty, Loaded } from "../components/states";
import { dateTime, day, money } from "../format";
import { Figure } from "../parts/Figure";
import { PlainTable } from "../parts/PlainTable";
import { Section } from "../parts/Section";
import { decisionInWords, reasonsOf } from "../trail/decisions";
import { policyText } from "../words/policyTexts";
import { causeInWords, numbersInWords, reasonInWords } from "../words/sentences";
import { field, tell } from "../words/tell";
import { sharedOr } from "../words/words";
import { AgeingFigure } from "./AgeingFigure";
import type { FaceProps } from "./DossierScreen";
import { markerOf } from "./markers";
import { PaymentDays } from "./PaymentDays";
import { ScoreSection } from "./ScoreSection";
import { StagesBar } from "./StagesBar";

/** What matters first: exposure against the limit, what is wrong, why the grade, and how it pays. */
export function OverviewTab({ account, version }: FaceProps) {
  const path = `/accounts/${encodeURIComponent(account.account_id)}`;
  const history = useAnswer<ExposureHistory>(`${path}/exposure-history`, { points: 400 }, { version });
  const scores = useAnswer<ScorePage>(`${path}/scores`, { limit: 100 }, { version });
  return (
    <div className="parts">
      <Section title={tell("exposure_over_time")} wide>
        <Loaded answer={history}>{(data) => <ExposureFigure history={data} />}</Loaded>
      </Section>
      <OpenAlerts account={account} />
      <div className="stack">
        <Section title={tell("exposure_by_stage")}>
          <StagesBar balances={account.exposure} currency={account.currency} />
        </Section>
        <Measures account={account} />
      </div>
      <Section title={tell("ageing")}>
        <AgeingFigure buckets={account.ageing} currency={account.currency} />
      </Section>
      <Section title={tell("payment_days")}>
        <PaymentDays accountId={account.account_id} version={version} />
      </Section>
      <ScoreSection account={account} scores={scores} />
      <LastDecisions account={account} />
    </div>
  );
}

function ExposureFigure({ history }: { history: ExposureHistory }) {
  const { points, events, currency } = history;
  const markers = useMemo(() => events.map((event) => markerOf(event, currency)), [events, currency]);
  const option = useCallback((context: ChartContext) => exposureOption(points, markers, context), [points, markers]);
  const columns = [
    { key: "at", title: tell("when"), tight: true, cell: (row: (typeof points)[number]) => dateTime(row.at_ms) },
    ...(["exposure_minor", "net_exposure_minor", "limit_minor", "overdue_minor"] as const).map((name) => ({
      key: name,
      title: field(name),
      number: true,
      cell: (row: (typeof points)[number]) => money(row[name], currency),
    })),
  ];
  const pointKey = (row: (typeof points)[number]) => String(row.at_ms);
  // One moment makes no line: an axis with nothing on it would be drawn.
  if (points.length === 1) {
    return <PlainTable caption={tell("exposure_over_time")} rows={points} columns={columns} rowKey={pointKey} />;
  }
  return (
    <>
      <Figure
        label={tell("exposure_over_time")}
        option={option}
        currency={currency}
        height={300}
        rows={points}
        columns={columns}
        rowKey={pointKey}
      />
      {markers.length > 0 ? (
        <details className="figure">
          <summary>{tell("events_as_list", { count: markers.length })}</summary>
          <PlainTable
            caption={tell("events")}
            rows={markers.toReversed()}
            columns={[
              { key: "at", title: tell("when"), tight: true, cell: (row) => dateTime(row.at_ms) },
              { key: "text", title: tell("what_happened"), cell: (row) => row.text },
            ]}
            rowKey={(row, at) => `${row.at_ms}/${at}`}
          />
        </details>
      ) : null}
    </>
  );
}

function OpenAlerts({ account }: { account: AccountAnswer }) {
  return (
    <Section title={tell("open_alerts")}>
      {account.alerts.length === 0 ? <Empty>{tell("no_alerts")}</Empty> : null}
      <ul className="plain-list">
        {account.alerts.map((alert) => (
          <li key={alert.alert_id}>
            <LevelMark level={levelOf(alert.level)} /> <strong>{causeInWords(alert)}</strong> {numbersInWords(alert)}
            <div className="dim">
              {tell("measure")}: {policyText(alert.measure)} · {sharedOr("roles", alert.assignee ?? alert.owner_role)}
              {alert.due_on ? ` · ${tell("due_by", { day: day(alert.due_on) })}` : ""}
            </div>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Measures({ account }: { account: AccountAnswer }) {
  if (account.measures.length === 0 && account.grade_because.length === 0) return null;
  return (
    <Section title={tell("why_this_grade")}>
      <ul className="plain-list">
        {account.grade_because.map((reason, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: reasons have no other name than their rank
          <li key={at}>{reasonInWords(reason, account.currency)}</li>
        ))}
        {account.measures.map((measure) => (
          <li key={String(measure.name)}>
            <strong>{sharedOr("sentences", String(measure.does))}</strong> {policyText(String(measure.name))}{" "}
            <span className="dim">{tell("since_day", { day: day(String(measure.taken_on ?? "")) })}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function LastDecisions({ account }: { account: AccountAnswer }) {
  const shown = (account.decisions as Fields[]).slice(0, 12);
  return (
    <Section title={tell("last_decisions")} wide>
      {shown.length === 0 ? <Empty /> : null}
      <ol className="plain-list">
        {shown.map((decision, at) => (
          <li key={String(decision.decision_id ?? at)}>
            <span className="dim">{dateTime(decision.at_ms as number)}</span>{" "}
            <strong>{decisionInWords(decision, account.currency)}</strong>
            {reasonsOf(decision, account.currency).map((reason) => (
              <span key={reason}> · {reason}</span>
            ))}
          </li>
        ))}
      </ol>
    </Section>
  );
}
