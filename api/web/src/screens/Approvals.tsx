import { useState } from "react";
import type { Subject } from "../acting/DeedDialog";
import type { DeedName } from "../acting/deeds";
import { useDeed } from "../acting/useDeed";
import { useAnswer } from "../api/query";
import type { ApprovalPage, ApprovalRow, PolicyAnswer } from "../api/types";
import { accountHref } from "../app/router";
import { useMay, useSession } from "../app/session";
import { RequestCard } from "../approvals/RequestCard";
import { type Turn, turnOf, type Who } from "../approvals/sorting";
import { Exports } from "../components/Exports";
import { Empty, Loaded } from "../components/states";
import { useFeedVersion } from "../feed/feed";
import { dateTime } from "../format";
import { ChoiceSelect } from "../parts/ChoiceSelect";
import { StateMark } from "../parts/marks";
import { PlainTable } from "../parts/PlainTable";
import { Section } from "../parts/Section";
import { askedInWords } from "../trail/decisions";
import { reasonInWords } from "../words/sentences";
import { field, tell } from "../words/tell";

const OPEN: [turn: Turn, title: "wait_for_me" | "wait_for_others" | "asked_by_me"][] = [
  ["mine", "wait_for_me"],
  ["own", "asked_by_me"],
  ["others", "wait_for_others"],
];

/** Requests for approval: what waits for the person at the page first, then for others, then what was decided. */
export default function Approvals() {
  const who = useWho();
  const version = useFeedVersion(({ event }) => "type" in event && event.type === "approval_changed");
  const open = useAnswer<ApprovalPage>("/approvals", { state: "open", limit: 200 }, { version, everyMs: 15_000 });
  const { begin, dialog } = useDeed(open.reload);
  const act = (deed: DeedName, request: ApprovalRow, role: string | null) => begin(deed, subjectOf(request, role));
  return (
    <div className="screen">
      <header className="screen-head">
        <h1>{tell("approvals")}</h1>
        <Exports path="/approvals" query={{ state: "open" }} />
      </header>
      <Loaded answer={open}>
        {(page) =>
          OPEN.map(([turn, title]) => {
            const requests = page.approvals.filter((request) => turnOf(request, who) === turn);
            if (requests.length === 0 && turn === "own") return null;
            return (
              <Section key={turn} title={`${tell(title)} (${requests.length})`} wide>
                <Requests requests={requests} turn={turn} who={who} act={act} />
              </Section>
            );
          })
        }
      </Loaded>
      <Decided version={version} />
      {dialog}
    </div>
  );
}

/** The person at the page, with the roles that the policy in force gives. */
function useWho(): Who {
  const { actor } = useSession();
  const may = useMay();
  const policy = useAnswer<PolicyAnswer>("/policy");
  const approvals = (policy.data?.policy as { approvals?: { people?: Who["people"] } } | undefined)?.approvals;
  return { actor, mayApprove: may("approve"), people: approvals?.people ?? {} };
}

interface RequestsProps {
  requests: readonly ApprovalRow[];
  turn: Turn;
  who: Who;
  act: (deed: DeedName, request: ApprovalRow, role: string | null) => void;
}

function Requests({ requests, turn, who, act }: RequestsProps) {
  if (requests.length === 0) return <Empty>{tell(turn === "mine" ? "nothing_waits_for_me" : "nothing_waits")}</Empty>;
  return (
    <ul className="cards">
      {requests.map((request) => (
        <RequestCard
          key={`${request.account_id}/${request.approval_id}`}
          request={request}
          turn={turn}
          who={who}
          act={act}
        />
      ))}
    </ul>
  );
}

const WEIGHTS: Record<string, "good" | "critical" | "warning" | "none"> = {
  granted: "good",
  refused: "critical",
  expired: "warning",
};

const DECIDED = ["granted", "refused", "withdrawn", "expired"];

function Decided({ version }: { version: number }) {
  const [state, setState] = useState("granted");
  const answer = useAnswer<ApprovalPage>("/approvals", { state, limit: 50 }, { version });
  return (
    <Section
      title={tell("decided")}
      wide
      aside={
        <>
          <ChoiceSelect label={field("state")} choices={DECIDED} chosen={state} onChange={setState} />
          <Exports path="/approvals" query={{ state }} />
        </>
      }
    >
      <Loaded answer={answer}>
        {(page) => (
          <PlainTable
            caption={tell("decided")}
            rows={page.approvals}
            columns={[
              {
                key: "account",
                title: tell("account"),
                cell: (row) => <a href={accountHref(row.account_id)}>{row.account_name ?? row.account_id}</a>,
              },
              { key: "asked", title: tell("asked_for"), cell: (row) => askedInWords({ ...row }, row.currency ?? "") },
              { key: "maker", title: tell("asked_by"), cell: (row) => row.maker },
              {
                key: "state",
                title: field("state"),
                cell: (row) => <StateMark state={row.state} weight={WEIGHTS[row.state] ?? "none"} />,
              },
              {
                key: "given",
                title: tell("agreed"),
                cell: (row) => row.given.map((one) => one.actor).join(", ") || "–",
              },
              {
                key: "because",
                title: tell("because"),
                cell: (row) => row.because.map((reason) => approvalReason(reason, row.currency ?? "")).join(" · "),
              },
              { key: "at", title: tell("when"), tight: true, cell: (row) => dateTime(row.changed_at_ms) },
            ]}
            rowKey={(row) => `${row.account_id}/${row.approval_id}`}
          />
        )}
      </Loaded>
    </Section>
  );
}

function approvalReason(reason: ApprovalRow["because"][number], currency: string): string {
  const said = reasonInWords(reason, currency);
  return typeof reason.actor === "string" ? `${field(String(reason.code))} (${reason.actor})` : said;
}

function subjectOf(request: ApprovalRow, role: string | null): Subject {
  return {
    accountId: request.account_id,
    currency: request.currency ?? "",
    version: request.version,
    given: { approval_id: request.approval_id, ...(role ? { role } : {}) },
    what: `${request.account_name ?? request.account_id}: ${askedInWords({ ...request }, request.currency ?? "")}`,
  };
}
