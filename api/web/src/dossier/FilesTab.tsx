import type { Fields, Filed, ReportFound } from "../api/answers";
import { useAnswer } from "../api/query";
import type { ApprovalPage } from "../api/types";
import { Loaded } from "../components/states";
import { count, dateTime, day } from "../format";
import { FieldList } from "../parts/FieldList";
import { StateMark } from "../parts/marks";
import { PlainTable } from "../parts/PlainTable";
import { Section } from "../parts/Section";
import { askedInWords, inUnit } from "../trail/decisions";
import { field, tell } from "../words/tell";
import type { FaceProps } from "./DossierScreen";
import { Financials } from "./Financials";
import { RecordTable } from "./RecordTable";

/** What was filed of the account: who it is, figures, reports, cover, contracts, members, promises. */
export function FilesTab({ account, version }: FaceProps) {
  const path = `/accounts/${encodeURIComponent(account.account_id)}/dossier`;
  const answer = useAnswer<Filed>(path, {}, { version });
  return <Loaded answer={answer}>{(dossier) => <Files dossier={dossier} />}</Loaded>;
}

const LISTS = [
  "adverse_events",
  "covers",
  "contracts",
  "bills",
  "promises",
  "members",
  "references",
  "assessments",
  "parts",
] as const;

function Files({ dossier }: { dossier: Filed }) {
  const currency = dossier.identity.currency;
  const lists: [title: string, rows: readonly Fields[]][] = [
    ...LISTS.map((name): [string, readonly Fields[]] => [field(name), dossier[name]]),
    [field("temporary_limits"), dossier.limit.temporary ?? []],
  ];
  const empty = lists.filter(([, rows]) => rows.length === 0).map(([title]) => title);
  return (
    <div className="parts">
      <Identity dossier={dossier} />
      <Behaviour dossier={dossier} />
      <Financials financials={dossier.financials} />
      <Section title={field("bureau")}>
        {dossier.bureau.points !== null ? <p>{tell("bureau_together", { points: dossier.bureau.points })}</p> : null}
        <Reports reports={dossier.bureau.reports} />
      </Section>
      {lists
        .filter(([, rows]) => rows.length > 0)
        .map(([title, rows]) => (
          <Section key={title} title={title}>
            <RecordTable caption={title} rows={rows} currency={currency} />
          </Section>
        ))}
      <Requests accountId={dossier.account_id} />
      {empty.length > 0 ? (
        <p className="part-wide dim">
          {tell("nothing_filed_of")}: {empty.join(", ")}
        </p>
      ) : null}
    </div>
  );
}

/** Everything that was ever asked for of the account. */
function Requests({ accountId }: { accountId: string }) {
  const answer = useAnswer<ApprovalPage>(`/accounts/${encodeURIComponent(accountId)}/approvals`, { limit: 100 });
  return (
    <Section title={tell("approvals")} wide>
      <Loaded answer={answer}>
        {(page) => (
          <PlainTable
            caption={tell("approvals")}
            rows={page.approvals}
            columns={[
              { key: "asked", title: tell("asked_for"), cell: (row) => askedInWords({ ...row }, row.currency ?? "") },
              { key: "state", title: field("state"), cell: (row) => field(row.state) },
              { key: "maker", title: tell("asked_by"), cell: (row) => row.maker },
              {
                key: "given",
                title: tell("agreed"),
                cell: (row) => row.given.map((one) => one.actor).join(", ") || "–",
              },
              { key: "at", title: tell("when"), tight: true, cell: (row) => dateTime(row.changed_at_ms) },
            ]}
            rowKey={(row) => row.approval_id}
          />
        )}
      </Loaded>
    </Section>
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
