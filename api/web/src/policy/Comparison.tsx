import { useAnswer } from "../api/query";
import type { PolicyAnswer, PolicyDiff } from "../api/types";
import { Exports } from "../components/Exports";
import { Empty, Loaded } from "../components/states";
import { type Column, PlainTable } from "../parts/PlainTable";
import { Section } from "../parts/Section";
import { field, isScreenWord, tell } from "../words/tell";
import { type Json, told, unitAt } from "./readable";
import { currencyOf, fieldOfPolicy, valueWords } from "./words";

/** In what a policy differs from another, field by field. */
export function Comparison({ from, to }: { from: string; to: string }) {
  const path = `/policies/${encodeURIComponent(from)}/diff/${encodeURIComponent(to)}`;
  const answer = useAnswer<PolicyDiff>(path);
  const older = useWords(from);
  const newer = useWords(to);
  const columns: Column<PolicyDiff["changes"][number]>[] = [
    { key: "what", title: field("field"), cell: (row) => pathInWords(row.path) },
    { key: "old", title: field("old"), cell: (row) => inTheUnit(row.old, row.path, older) },
    { key: "new", title: field("new"), cell: (row) => <strong>{inTheUnit(row.new, row.path, newer)}</strong> },
  ];
  return (
    <Loaded answer={answer}>
      {({ changes }) => (
        <Section
          title={tell("changes_count", { count: changes.length })}
          wide
          aside={<Exports path={path} query={{}} />}
        >
          {changes.length === 0 ? (
            <Empty>{tell("no_difference")}</Empty>
          ) : (
            <PlainTable
              caption={tell("policies_compare")}
              rows={changes}
              columns={columns}
              rowKey={(row) => row.path}
            />
          )}
        </Section>
      )}
    </Loaded>
  );
}

/** How the values of a policy are written: its amounts are in its own currency. */
function useWords(policyId: string) {
  const answer = useAnswer<PolicyAnswer>(`/policies/${encodeURIComponent(policyId)}`);
  return valueWords(currencyOf(answer.data));
}

/** A value as the api tells it, as JSON; null is a field that this policy does not have. */
function inTheUnit(json: string | null, path: string, words: ReturnType<typeof valueWords>): string {
  return json === null ? "–" : told(JSON.parse(json) as Json, unitAt(path), words);
}

/** Returns a path with each of its parts in words: `Warnings · limit used · lines [notice] · from`. */
function pathInWords(path: string): string {
  return path
    .split(".")
    .map((part, at) => {
      const found = /^(\w+)(.*)$/.exec(part);
      if (found === null) return part;
      const section = `section_${found[1]}`;
      const name = at === 0 && isScreenWord(section) ? tell(section) : fieldOfPolicy(found[1] ?? "");
      return `${name}${found[2]}`;
    })
    .join(" · ");
}
