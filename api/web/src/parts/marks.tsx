import { field, tell } from "../words/tell";

export function GradeMark({ grade }: { grade: string | null | undefined }) {
  if (!grade) return <span className="dim">–</span>;
  return (
    <span className={`grade grade-${grade.toLowerCase()}`} title={`${field("grade")} ${grade}`}>
      {grade}
    </span>
  );
}

type Weight = "good" | "notice" | "warning" | "critical" | "none";

/** A state in words, with a colour for those who see it. */
export function StateMark({ state, weight }: { state: string; weight: Weight }) {
  return <span className={`state-mark state-mark-${weight}`}>{field(state)}</span>;
}

export function StatusMark({ status, held }: { status: string; held?: boolean }) {
  const weight = status === "active" ? "good" : status === "prepayment" ? "warning" : "critical";
  return (
    <>
      <StateMark state={status} weight={weight} />
      {held ? <span className="state-mark state-mark-warning">{tell("held")}</span> : null}
    </>
  );
}
