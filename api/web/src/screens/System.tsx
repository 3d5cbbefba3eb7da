import { useState } from "react";
import { DeedDialog } from "../acting/DeedDialog";
import { DEEDS } from "../acting/deeds";
import { send } from "../api/client";
import { useAnswer } from "../api/query";
import type { CommandAnswer, DeadLetterPage, DeadLetterRow, PartitionStatus, StatusAnswer } from "../api/types";
import { accountHref } from "../app/router";
import { useMay } from "../app/session";
import { Dialog } from "../components/Dialog";
import { Exports } from "../components/Exports";
import { errorInWords, Loaded } from "../components/states";
import { toast } from "../components/toasts";
import { count, dateTime, day } from "../format";
import { ChoiceSelect } from "../parts/ChoiceSelect";
import { FieldList } from "../parts/FieldList";
import { StateMark } from "../parts/marks";
import { PlainTable } from "../parts/PlainTable";
import { Section } from "../parts/Section";
import { nodesOf } from "../system/nodes";
import { TopologyPicture } from "../system/TopologyPicture";
import { inUnit } from "../trail/decisions";
import { field, tell } from "../words/tell";
import { say } from "../words/words";

const REFRESH_MS = 3_000;

/** The state of the stream itself: what flows where, how far each part is, and what could not be taken in. */
export default function System() {
  const answer = useAnswer<StatusAnswer>("/status", {}, { everyMs: REFRESH_MS });
  return (
    <div className="screen">
      <header className="screen-head">
        <h1>{tell("system")}</h1>
      </header>
      <Loaded answer={answer}>
        {(status) => (
          <div className="parts">
            {status.trouble ? (
              <p className="problem part-wide" role="alert">
                {status.trouble}
              </p>
            ) : null}
            <Section title={tell("topology")} wide>
              <TopologyPicture {...nodesOf(status)} />
              <TopicTable status={status} />
            </Section>
            <Section title={tell("partitions")} wide>
              <Partitions partitions={status.partitions} />
            </Section>
            <Section title={tell("processes")}>
              <PlainTable
                caption={tell("processes")}
                rows={status.parts}
                columns={[
                  { key: "part", title: tell("part"), cell: (row) => row.part },
                  {
                    key: "state",
                    title: field("state"),
                    cell: (row) => <StateMark state={row.state} weight={PART_WEIGHTS[row.state] ?? "none"} />,
                  },
                  { key: "address", title: tell("address"), cell: (row) => row.address },
                  { key: "detail", title: tell("detail"), cell: (row) => row.detail },
                ]}
                rowKey={(row, at) => `${row.part}/${at}`}
              />
            </Section>
            <ViewAndFeed status={status} />
            <Learner learner={status.learner} />
            <DeadLetterList />
          </div>
        )}
      </Loaded>
    </div>
  );
}

const PART_WEIGHTS: Record<string, "good" | "warning" | "critical"> = {
  ready: "good",
  "not ready": "warning",
  down: "critical",
};

function TopicTable({ status }: { status: StatusAnswer }) {
  return (
    <details className="figure">
      <summary>{tell("as_table")}</summary>
      <PlainTable
        caption={tell("topics")}
        rows={status.topics}
        columns={[
          { key: "topic", title: tell("topic"), cell: (row) => row.topic },
          { key: "kind", title: field("kind"), cell: (row) => field(`topic_${row.kind}`) },
          { key: "records", title: tell("records"), number: true, cell: (row) => count(row.records) },
          {
            key: "rate",
            title: tell("rate"),
            number: true,
            cell: (row) => tell("per_second", { rate: row.rate_per_second.toFixed(1) }),
          },
          { key: "lag", title: tell("lag"), number: true, cell: (row) => count(row.lag_records) },
          { key: "last", title: tell("last_record"), tight: true, cell: (row) => dateTime(row.last_at_ms) },
        ]}
        rowKey={(row) => row.topic}
      />
    </details>
  );
}

function Partitions({ partitions }: { partitions: readonly PartitionStatus[] }) {
  return (
    <PlainTable
      caption={tell("partitions")}
      rows={partitions}
      columns={[
        { key: "no", title: tell("partition"), number: true, cell: (row) => count(row.partition) },
        {
          key: "state",
          title: field("state"),
          cell: (row) =>
            row.trouble ? <span className="problem">{row.trouble}</span> : <StateMark state="follows" weight="good" />,
        },
        { key: "epoch", title: tell("epoch"), number: true, cell: (row) => count(row.epoch) },
        { key: "seq", title: tell("last_seq"), number: true, cell: (row) => count(row.seq) },
        { key: "lag", title: tell("lag"), number: true, cell: (row) => count(row.lag_records) },
        { key: "accounts", title: tell("accounts"), number: true, cell: (row) => count(row.accounts) },
        { key: "void", title: tell("void_records"), number: true, cell: (row) => count(row.void_records) },
        { key: "day", title: tell("business_date"), cell: (row) => day(row.business_date) },
        { key: "sweeps", title: tell("sweeps"), number: true, cell: (row) => count(row.sweeps_open) },
        { key: "policy", title: tell("policy"), cell: (row) => <code>{row.policy_id.slice(0, 8)}</code> },
      ]}
      rowKey={(row) => String(row.partition)}
    />
  );
}

function ViewAndFeed({ status }: { status: StatusAnswer }) {
  const { view, feed } = status;
  const fields = [
    ...Object.entries(view ?? {}).map(([name, value]) => ({
      key: `view_${name}`,
      title: field(`view_${name}`),
      value: inUnit(name, value, null),
    })),
    ...Object.entries(feed).map(([name, value]) => ({
      key: `feed_${name}`,
      title: field(`feed_${name}`),
      value: inUnit(name, value, null),
    })),
  ];
  return (
    <Section title={tell("view_and_feed")}>
      <FieldList fields={fields} />
    </Section>
  );
}

function Learner({ learner }: { learner: StatusAnswer["learner"] }) {
  return (
    <Section title={tell("learner")}>
      {learner === null ? (
        <p className="dim">{tell("no_learner")}</p>
      ) : (
        <FieldList
          fields={Object.entries(learner).map(([name, value]) => ({
            key: name,
            title: field(name),
            value: typeof value === "string" ? field(value) : inUnit(name, value, null),
          }))}
        />
      )}
    </Section>
  );
}

const STATES = ["open", "sent again", "failed again", "dismissed"];
const LETTER_WEIGHTS: Record<string, "good" | "warning" | "critical" | "none"> = {
  open: "critical",
  "failed again": "critical",
  "sent again": "warning",
};

function DeadLetterList() {
  const [state, setState] = useState("open");
  const answer = useAnswer<DeadLetterPage>("/dead-letters", { state, limit: 100 }, { everyMs: 10_000 });
  const [shown, setShown] = useState<DeadLetterRow | null>(null);
  return (
    <Section
      title={tell("dead_letters")}
      wide
      aside={
        <>
          <ChoiceSelect label={field("state")} any choices={STATES} chosen={state} onChange={setState} />
          <Exports path="/dead-letters" query={{ state }} />
        </>
      }
    >
      <Loaded answer={answer}>
        {(page) => (
          <PlainTable
            caption={tell("dead_letters")}
            rows={page.dead_letters}
            empty={tell("no_dead_letters")}
            columns={[
              { key: "id", title: tell("source_place"), cell: (row) => <code>{row.id}</code> },
              {
                key: "state",
                title: field("state"),
                cell: (row) => <StateMark state={row.state} weight={LETTER_WEIGHTS[row.state] ?? "none"} />,
              },
              {
                key: "account",
                title: tell("account"),
                cell: (row) => (row.account_id ? <a href={accountHref(row.account_id)}>{row.account_id}</a> : "–"),
              },
              { key: "code", title: tell("because"), cell: (row) => field(row.code) },
              {
                key: "message",
                title: tell("detail"),
                cell: (row) => [row.path, row.message].filter(Boolean).join(" "),
              },
              { key: "at", title: tell("when"), tight: true, cell: (row) => dateTime(row.at_ms) },
              {
                key: "show",
                title: tell("what_to_do"),
                cell: (row) => (
                  <button type="button" className="small" onClick={() => setShown(row)}>
                    {tell("look_closer")}
                  </button>
                ),
              },
            ]}
            rowKey={(row) => `${row.partition}/${row.offset}`}
          />
        )}
      </Loaded>
      {shown ? (
        <LetterDialog
          letter={shown}
          onClose={(sent) => {
            setShown(null);
            if (sent) answer.reload();
          }}
        />
      ) : null}
    </Section>
  );
}

function LetterDialog({ letter, onClose }: { letter: DeadLetterRow; onClose: (sent: boolean) => void }) {
  const may = useMay();
  const [sending, setSending] = useState(false);
  const [dismissing, setDismissing] = useState(false);
  const [value, setValue] = useState(letter.value ?? "");
  const redrive = async () => {
    setSending(true);
    try {
      const body = value === (letter.value ?? "") ? {} : { value: JSON.parse(value) };
      const path = `/dead-letters/${letter.partition}/${letter.offset}/redrive`;
      const answer = (await send<CommandAnswer>("POST", path, body)).body;
      if (answer.outcome !== "refused") {
        toast("done", tell("sent_again"));
        onClose(true);
        return;
      }
      toast("problem", say("desk_refused", { why: field(answer.refusal ?? "") }));
    } catch (error) {
      toast("problem", error instanceof SyntaxError ? tell("no_json") : errorInWords(error as Error));
    }
    setSending(false);
  };
  if (dismissing && letter.account_id !== null) {
    const subject = {
      accountId: letter.account_id,
      currency: "",
      version: null,
      what: letter.id,
      given: { dead_letter: letter.id },
    };
    return <DeedDialog deed={DEEDS.dismiss} subject={subject} onClose={onClose} />;
  }
  return (
    <Dialog
      title={`${tell("dead_letter")} ${letter.id}`}
      wide
      onClose={() => onClose(false)}
      actions={
        <>
          <button type="button" onClick={() => onClose(false)}>
            {say("close")}
          </button>
          {may("mend_dead_letters") && letter.account_id !== null ? (
            <button type="button" onClick={() => setDismissing(true)}>
              {tell("deed_dismiss")}
            </button>
          ) : null}
          {may("mend_dead_letters") ? (
            <button type="button" className="primary" disabled={sending} onClick={redrive}>
              {tell("redrive")}
            </button>
          ) : null}
        </>
      }
    >
      <p>{tell("redrive_explain")}</p>
      <FieldList
        fields={[
          { key: "code", title: tell("because"), value: field(letter.code) },
          { key: "path", title: tell("path"), value: letter.path },
          { key: "message", title: tell("detail"), value: letter.message },
          { key: "key", title: tell("message_key"), value: letter.key },
          { key: "ledger", title: tell("ledger_place"), value: letter.ledger },
          ...Object.entries(letter.headers).map(([name, value]) => ({ key: `header/${name}`, title: name, value })),
        ]}
      />
      <div className="entry">
        <label htmlFor="letter-value">{tell("letter_value")}</label>
        <textarea
          id="letter-value"
          className="raw"
          rows={8}
          value={value}
          readOnly={!may("mend_dead_letters")}
          placeholder={tell("value_not_kept")}
          onChange={(event) => setValue(event.target.value)}
        />
      </div>
    </Dialog>
  );
}
