import { useState } from "react";
import type { Fields } from "../api/answers";
import type { TrailEntry } from "../api/types";
import { dateTime, dateTimeWithUtc } from "../format";
import { reasonInWords } from "../words/sentences";
import { field, tell } from "../words/tell";
import { decisionInWords, numbersOf, reasonsOf, typeInWords } from "./decisions";

/** Ledger records, newest first: the fact, what followed, why, and where it stands. */
export function TrailList({ entries, currency }: { entries: readonly TrailEntry[]; currency: string }) {
  if (entries.length === 0) return <p className="empty">{tell("trail_empty")}</p>;
  return (
    <ol className="trail">
      {entries.map((entry) => (
        <TrailItem key={`${entry.partition}/${entry.seq}`} entry={entry} currency={currency} />
      ))}
    </ol>
  );
}

function TrailItem({ entry, currency }: { entry: TrailEntry; currency: string }) {
  return (
    <li className="trail-item">
      <div className="trail-when">
        <time dateTime={new Date(entry.at_ms).toISOString()} title={dateTimeWithUtc(entry.at_ms)}>
          {dateTime(entry.at_ms)}
        </time>
        <span className="coordinates" title={tell("ledger_place")}>
          {entry.partition}/{entry.seq}
        </span>
      </div>
      <div className="trail-what">
        <p className="trail-fact">
          <strong>{typeInWords(entry.fact_type)}</strong> <FactLine entry={entry} currency={currency} />
        </p>
        {(entry.decisions as Fields[]).map((decision, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a record's decisions are known by their number
          <div key={at} className="trail-decision">
            <p>{decisionInWords(decision, currency)}</p>
            <ReasonList reasons={reasonsOf(decision, currency)} />
          </div>
        ))}
        <TrailDetail entry={entry} currency={currency} />
      </div>
    </li>
  );
}

const SHOWN = [
  "order_id",
  "invoice_id",
  "payment_id",
  "delivery_id",
  "approval_id",
  "promise_id",
  "cover_id",
  "provider",
];

function FactLine({ entry, currency }: { entry: TrailEntry; currency: string }) {
  const fact = (entry.fact ?? {}) as Fields;
  const own = typeof fact.currency === "string" ? fact.currency : currency;
  const said = SHOWN.map((name) => fact[name]).filter((value) => typeof value === "string");
  const amount = fact.amount_minor ?? fact.limit_minor;
  if (typeof amount === "number") said.push(numbersOf({ code: "", amount_minor: amount }, own)[0]?.[1] ?? "");
  if (typeof fact.actor === "string") said.push(tell("by_actor", { actor: fact.actor }));
  const reason = typeof fact.reason === "string" ? fact.reason : "";
  return (
    <>
      {said.map(String).join(" · ")}
      {reason ? <q className="trail-reason">{reason}</q> : null}
    </>
  );
}

function ReasonList({ reasons }: { reasons: readonly string[] }) {
  if (reasons.length === 0) return null;
  return (
    <ul className="reasons">
      {reasons.map((reason) => (
        <li key={reason}>{reason}</li>
      ))}
    </ul>
  );
}

/** Where the record stands, the numbers compared, and the record as it was received, on demand. */
function TrailDetail({ entry, currency }: { entry: TrailEntry; currency: string }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{tell("why_and_where")}</summary>
      {open ? (
        <div className="trail-detail">
          {entry.why.map((reason, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: reasons have no other name than their rank
            <div key={at} className="compared">
              <p>{reasonInWords(reason, currency)}</p>
              <dl>
                {numbersOf(reason, currency).map(([name, value]) => (
                  <div key={name}>
                    <dt>{name}</dt>
                    <dd>{value}</dd>
                  </div>
                ))}
              </dl>
            </div>
          ))}
          <Coordinates entry={entry} />
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard */}
          <pre className="raw" tabIndex={0}>
            {JSON.stringify({ fact: entry.fact, decisions: entry.decisions }, null, 1)}
          </pre>
        </div>
      ) : null}
    </details>
  );
}

function Coordinates({ entry }: { entry: TrailEntry }) {
  const { source } = entry;
  const places: [string, string][] = [
    [tell("ledger_place"), `${entry.partition}/${entry.seq}`],
    [
      tell("source_place"),
      `${source.topic}/${source.partition}/${source.offset}${source.index ? `#${source.index}` : ""}`,
    ],
    [tell("fact_id"), entry.fact_id],
    [tell("recorded"), dateTime(entry.recorded_at_ms)],
    [field("effect"), field(entry.effect)],
    [tell("policy_short"), entry.policy_id.slice(0, 12)],
    [tell("core_version"), entry.core],
    [tell("record_hash"), entry.hash],
  ];
  return (
    <dl className="compared-places">
      {places.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
