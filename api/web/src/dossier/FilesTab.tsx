import type { Fields, Filed, ReportFound } from "../api/answers";
import { useAnswer } from "../api/query";
import { Loaded } from "../components/states";
import { count, day } from "../format";
import { FieldList } from "../parts/FieldList";
import { StateMark } from "../parts/marks";
import { PlainTable } from "../parts/PlainTable";
import { Section } from "../parts/Section";
import { inUnit } from "../trail/decisions";
import { field, tell } from "../words/tell";
import type { FaceProps } from "./DossierScreen";
import { Financials } from "./Financials";
import { RecordTable } from "./RecordTable";

/** What was filed of the account: who it is, figures, reports, cover, contracts, members, promises. */
export function FilesTab({ account, version, act }: FaceProps) {
  const path = `/accounts/${encodeURIComponent(account.account_id)}/dossier`;
  const answer = useAnswer<Filed>(path, {}, { version });
  return <Loaded answer={answer}>{(dossier) => <Files dossier={dossier} act={act} />}</Loaded>;
}

function Files({ dossier }: { dossier: Filed; act: FaceProps["act"] }) {
  const currency = dossier.identity.currency;
  const table = (name: keyof Filed, rows: readonly Fields[]) => (
    <Section title={field(name)}>
      <RecordTable caption={field(name)} rows={rows} currency={currency} />
    </Section>
  );
  return (
    <div className="parts">
      <Identity dossier={dossier} />
      <Behaviour dossier={dossier} />
      <Financials financials={dossier.financials} />
      <Section title={field("bureau")}>
        {dossier.bureau.points !== null ? <p>{tell("bureau_together", { points: dossier.bureau.points })}</p> : null}
        <Reports reports={dossier.bureau.reports} />
      </Section>
      {table("adverse_events", dossier.adverse_events)}
      {table("covers", dossier.covers)}
      {table("contracts", dossier.contracts)}
      {table("bills", dossier.bills)}
      {table("promises", dossier.promises)}
      {table("members", dossier.members)}
      {table("references", dossier.references)}
      {table("assessments", dossier.assessments)}
      {table("parts", dossier.parts)}
      <Section title={field("temporary_limits")}>
        <RecordTable caption={field("temporary_limits")} rows={dossier.limit.temporary ?? []} currency={currency} />
      </Section>
      <Section title={tell("approvals")} wide>
        <RecordTable
          caption={tell("approvals")}
          rows={dossier.approvals.map(({ approval_id, subject, state, amount_minor, maker, expires_on, ...one }) => ({
            approval_id,
            subject: field(subject),
            state: field(state),
            amount_minor,
            currency: one.currency,
            maker,
            expires_on,
          }))}
          currency={currency}
        />
      </Section>
    </div>
  );
}

function Identity({ dossier }: { dossier: Filed }) {
  const { identity, limit, reviews } = dossier;
  const { parties = [], fields: _others, ...named } = identity;
  const fields = Object.entries({ ...named, ...reviews, limit_set_by: limit.set_by, set_on: limit.set_on }).map(
    ([name, value]) => ({
      key: name,
      title: field(name),
      value: typeof value === "string" && !name.endsWith("_on") ? field(value) : inUnit(name, value, identity.currency),
    }),
  );
  const registered = parties.flatMap((party) =>
    party.identifiers.map((one) => ({
      key: `${party.party_id}/${one.scheme}`,
      title: `${party.party_id} · ${one.scheme.toUpperCase()}`,
      value: one.value,
    })),
  );
  return (
    <Section title={field("identity")}>
      <FieldList fields={[...fields, ...registered]} />
    </Section>
  );
}

function Behaviour({ dossier }: { dossier: Filed }) {
  const { behaviour } = dossier;
  if (behaviour === null) return null;
  const { sold_minor_by_month: sold, currency, ...numbers } = behaviour;
  return (
    <Section title={field("behaviour")}>
      <FieldList
        fields={Object.entries(numbers).map(([name, value]) => ({
          key: name,
          title: field(name),
          value: inUnit(name, value, currency),
        }))}
      />
      <details>
        <summary>{field("sold")}</summary>
        <PlainTable
          caption={field("sold")}
          rows={Object.entries(sold).filter(([, amount]) => amount !== 0)}
          columns={[
            { key: "month", title: tell("month"), cell: ([month]) => month },
            {
              key: "sold",
              title: tell("amount"),
              number: true,
              cell: ([, amount]) => inUnit("sold_minor", amount, currency),
            },
          ]}
          rowKey={([month]) => month}
        />
      </details>
    </Section>
  );
}

function Reports({ reports }: { reports: readonly ReportFound[] }) {
  return (
    <PlainTable
      caption={field("bureau")}
      rows={reports}
      columns={[
        { key: "provider", title: field("provider"), cell: (row) => row.provider },
        {
          key: "score",
          title: field("score"),
          number: true,
          cell: (row) => `${count(row.score)} (${count(row.scale_min)}–${count(row.scale_max)})`,
        },
        { key: "points", title: field("points"), number: true, cell: (row) => count(row.points) },
        { key: "before", title: field("points_before"), number: true, cell: (row) => count(row.points_before) },
        { key: "on", title: field("reported_on"), cell: (row) => day(row.reported_on) },
        {
          key: "age",
          title: field("age_days"),
          number: true,
          cell: (row) => (
            <>
              {count(row.age_days)} {row.stale ? <StateMark state="stale" weight="warning" /> : null}
            </>
          ),
        },
      ]}
      rowKey={(row, at) => `${row.provider}/${at}`}
    />
  );
}
