import { useAnswer } from "../api/query";
import type { PolicyAnswer, PolicyPage, PolicyRow } from "../api/types";
import { hrefOf, useAddressState } from "../app/router";
import type { ScreenProps } from "../app/screens";
import { Empty, Loaded } from "../components/states";
import { dateTime } from "../format";
import { StateMark } from "../parts/marks";
import { PlainTable } from "../parts/PlainTable";
import { Section } from "../parts/Section";
import { Tabs } from "../parts/Tabs";
import { Comparison } from "../policy/Comparison";
import { PolicyText } from "../policy/PolicyText";
import type { Document } from "../policy/readable";
import { tell } from "../words/tell";

const TABS = ["in-force", "adopted", "compare"] as const;

/** `#/policy` is the one in force in words, `#/policy/adopted` the list, `#/policy/compare?from&to` what differs. */
export default function Policy({ parts }: ScreenProps) {
  const [first, id] = parts;
  const tab = TABS.find((known) => known === first) ?? "in-force";
  const titles = {
    "in-force": tell("policy_in_force"),
    adopted: tell("policies_adopted"),
    compare: tell("policies_compare"),
  };
  return (
    <div className="screen">
      <header className="screen-head">
        <h1>{tell("policy")}</h1>
      </header>
      <Tabs
        label={tell("policy")}
        base={["policy"]}
        tabs={TABS.map((known) => ({ id: known, title: titles[known] }))}
        current={tab}
      />
      {tab === "in-force" ? <One path={id ? `/policies/${encodeURIComponent(id)}` : "/policy"} /> : null}
      {tab === "adopted" ? <Adopted /> : null}
      {tab === "compare" ? <Compare /> : null}
    </div>
  );
}

function One({ path }: { path: string }) {
  const answer = useAnswer<PolicyAnswer>(path, {}, { everyMs: 30_000 });
  return (
    <Loaded answer={answer}>
      {(found) => (
        <>
          <p className="table-head">
            <StateMark
              state={found.in_force ? "in_force" : "not_in_force"}
              weight={found.in_force ? "good" : "warning"}
            />{" "}
            <strong>{String((found.policy as Document).name ?? "")}</strong> <code>{found.policy_id.slice(0, 16)}</code>{" "}
            <span className="dim">
              {found.adopted_at_ms === null
                ? tell("never_adopted")
                : tell("adopted_by_at", { actor: found.actor ?? "–", at: dateTime(found.adopted_at_ms) })}
              {found.reason ? ` · ${found.reason}` : ""}
            </span>
          </p>
          <PolicyText policy={found.policy as Document} />
        </>
      )}
    </Loaded>
  );
}

function Adopted() {
  const answer = useAnswer<PolicyPage>("/policies", { limit: 200 }, { everyMs: 30_000 });
  return (
    <Section title={tell("policies_adopted")} wide>
      <Loaded answer={answer}>
        {(page) => (
          <PlainTable
            caption={tell("policies_adopted")}
            rows={page.policies}
            empty={tell("never_adopted")}
            columns={[
              {
                key: "id",
                title: tell("policy"),
                cell: (row: PolicyRow) => (
                  <a href={hrefOf(["policy", "in-force", row.policy_id])}>
                    <code>{row.policy_id.slice(0, 16)}</code>
                  </a>
                ),
              },
              {
                key: "state",
                title: tell("state"),
                cell: (row) => (row.in_force ? <StateMark state="in_force" weight="good" /> : "–"),
              },
              { key: "at", title: tell("when"), tight: true, cell: adoptedAt },
              { key: "actor", title: tell("who"), cell: (row) => row.actor ?? "–" },
              { key: "reason", title: tell("because"), cell: (row) => row.reason ?? "–" },
              { key: "diff", title: "", cell: (row) => <CompareLink row={row} all={page.policies} /> },
            ]}
            rowKey={(row, at) => `${row.policy_id}/${at}`}
          />
        )}
      </Loaded>
    </Section>
  );
}

/** When a policy was adopted; the built-in one never was. */
function adoptedAt(row: PolicyRow): string {
  return row.adopted_at_ms === null ? tell("built_in") : dateTime(row.adopted_at_ms);
}

function CompareLink({ row, all }: { row: PolicyRow; all: readonly PolicyRow[] }) {
  const before = all[all.indexOf(row) + 1];
  if (before === undefined) return null;
  const href = hrefOf(["policy", "compare"], { from: before.policy_id, to: row.policy_id });
  return <a href={href}>{tell("what_it_changed")}</a>;
}

function Compare() {
  const policies = useAnswer<PolicyPage>("/policies", { limit: 200 });
  const [from, setFrom] = useAddressState("from");
  const [to, setTo] = useAddressState("to");
  return (
    <Loaded answer={policies}>
      {(page) => {
        if (page.policies.length < 2) return <Empty>{tell("nothing_to_compare")}</Empty>;
        const newer = to || (page.policies[0]?.policy_id ?? "");
        const older = from || (page.policies[1]?.policy_id ?? "");
        return (
          <>
            <div className="list-filters">
              <Choice label={tell("compare_from")} policies={page.policies} value={older} onChange={setFrom} />
              <Choice label={tell("compare_to")} policies={page.policies} value={newer} onChange={setTo} />
            </div>
            <Comparison from={older} to={newer} />
          </>
        );
      }}
    </Loaded>
  );
}

interface ChoiceProps {
  label: string;
  policies: readonly PolicyRow[];
  value: string;
  onChange: (id: string) => void;
}

function Choice({ label, policies, value, onChange }: ChoiceProps) {
  return (
    <label>
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        {policies.map((one) => (
          <option key={`${one.policy_id}/${one.adopted_at_ms}`} value={one.policy_id}>
            {one.policy_id.slice(0, 12)} · {adoptedAt(one)} · {one.actor ?? "–"}
          </option>
        ))}
      </select>
    </label>
  );
}
