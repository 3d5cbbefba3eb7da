import { useCallback, useMemo } from "react";
import type { Answer } from "../api/query";
import type { AccountAnswer, ScoreEntry, ScorePage } from "../api/types";
import type { ChartContext } from "../charts/context";
import { trendOption } from "../charts/trends";
import { Empty, Loaded } from "../components/states";
import { count, dateTime } from "../format";
import { Figure } from "../parts/Figure";
import { GradeMark } from "../parts/marks";
import { PlainTable } from "../parts/PlainTable";
import { Section } from "../parts/Section";
import { movedInWords } from "../words/factors";
import { reasonInWords } from "../words/sentences";
import { field, tell } from "../words/tell";

interface ScoreSectionProps {
  account: AccountAnswer;
  scores: Answer<ScorePage>;
}

/** How the account was judged over time, what it lost its points for, and what changed each time. */
export function ScoreSection({ account, scores }: ScoreSectionProps) {
  return (
    <Section title={tell("score_and_reasons")} wide>
      {account.score_because.length > 0 ? (
        <ul className="plain-list">
          {account.score_because.map((reason, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: reasons have no other name than their rank
            <li key={at}>{reasonInWords(reason, account.currency)}</li>
          ))}
        </ul>
      ) : null}
      <Loaded answer={scores}>{(page) => <ScoreHistory entries={page.scores} currency={account.currency} />}</Loaded>
    </Section>
  );
}

function ScoreHistory({ entries: all, currency }: { entries: readonly ScoreEntry[]; currency: string }) {
  const entries = useMemo(() => all.filter((entry) => entry.kind !== "limit_proposed"), [all]);
  const scored = useMemo(() => entries.filter((entry) => entry.score !== null).toReversed(), [entries]);
  const option = useCallback(
    (context: ChartContext) => {
      const points = scored.map((entry) => ({ at_ms: entry.at_ms, value: entry.score ?? 0 }));
      const trend = { name: context.word("score"), points, step: true };
      return trendOption([trend], context.number, context, { min: 0, max: 1000 });
    },
    [scored],
  );
  if (entries.length === 0) return <Empty>{tell("never_judged")}</Empty>;
  const columns = scoreColumns(currency);
  return (
    <>
      {scored.length > 1 ? (
        <Figure
          label={tell("score_and_reasons")}
          option={option}
          currency={null}
          height={180}
          rows={scored}
          columns={columns}
          rowKey={(row, at) => `${row.ledger}/${at}`}
        />
      ) : null}
      <PlainTable
        caption={tell("what_changed")}
        rows={entries.slice(0, 12)}
        columns={columns}
        rowKey={(row, at) => `${row.ledger}/${at}`}
      />
    </>
  );
}

function scoreColumns(currency: string) {
  return [
    { key: "at", title: tell("when"), tight: true, cell: (row: ScoreEntry) => dateTime(row.at_ms) },
    {
      key: "grade",
      title: field("grade"),
      tight: true,
      cell: (row: ScoreEntry) => (
        <>
          {row.before && row.before !== row.grade ? (
            <>
              <GradeMark grade={row.before} /> →{" "}
            </>
          ) : null}
          <GradeMark grade={row.grade} />
        </>
      ),
    },
    { key: "score", title: tell("score"), number: true, cell: (row: ScoreEntry) => count(row.score) },
    {
      key: "because",
      title: tell("because"),
      cell: (row: ScoreEntry) => whyChanged(row, currency).join(" · "),
    },
    {
      key: "ledger",
      title: tell("ledger_place"),
      cell: (row: ScoreEntry) => <span className="coordinates">{row.ledger}</span>,
    },
  ];
}

/** What moved a score since it was told last; for the first one, and for grades and limits, what it follows from. */
function whyChanged(entry: ScoreEntry, currency: string): string[] {
  const moved = entry.moved as Parameters<typeof movedInWords>[0][];
  if (moved.length > 0 && entry.score_before !== null) return moved.map(movedInWords);
  return entry.because.map((reason) => reasonInWords(reason, currency));
}
