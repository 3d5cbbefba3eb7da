import { FieldList } from "../parts/FieldList";
import { PlainTable } from "../parts/PlainTable";
import { field, isScreenWord, tell } from "../words/tell";
import {
  type Document,
  type Section as PolicySection,
  sectionsOf,
  type Table,
  told,
  unitOf,
  type ValueWords,
} from "./readable";
import { fieldOfPolicy, valueWords } from "./words";

/** A whole policy, section by section, with a list of sections to jump to. */
export function PolicyText({ policy }: { policy: Document }) {
  const currency = typeof policy.currency === "string" ? policy.currency : "";
  const words = valueWords(currency);
  const sections = sectionsOf(policy);
  return (
    <div className="policy">
      <nav className="policy-contents" aria-label={tell("sections")}>
        {sections.map((section) => (
          <button
            key={section.name}
            type="button"
            className="plain"
            onClick={() => document.getElementById(`policy-${section.name}`)?.scrollIntoView({ block: "start" })}
          >
            {titleOf(section.name)}
          </button>
        ))}
      </nav>
      <div className="policy-sections">
        {sections.map((section) => (
          <SectionText key={section.name} section={section} words={words} />
        ))}
      </div>
    </div>
  );
}

function titleOf(name: string): string {
  const key = `section_${name}`;
  return isScreenWord(key) ? tell(key) : field(name);
}

function SectionText({ section, words }: { section: PolicySection; words: ValueWords }) {
  const explain = `explain_section_${section.name}`;
  return (
    <section className="part" id={`policy-${section.name}`} aria-label={titleOf(section.name)}>
      <header className="part-head">
        <h2>{titleOf(section.name)}</h2>
      </header>
      {isScreenWord(explain) ? <p className="dim">{tell(explain)}</p> : null}
      {section.name === "checks" ? (
        <Checks section={section} words={words} />
      ) : (
        <Values section={section} words={words} />
      )}
      {section.tables.map((table) => (
        <TableText key={table.path} table={table} words={words} />
      ))}
    </section>
  );
}

function Values({ section, words }: { section: PolicySection; words: ValueWords }) {
  return (
    <FieldList
      fields={section.values.map((value) => ({
        key: value.path,
        title: nameOf(value.path),
        value:
          Array.isArray(value.value) && value.value.length === 0 ? tell("none") : told(value.value, value.unit, words),
      }))}
    />
  );
}

/** The name of a value, behind that of the part of its section that it is in. */
function nameOf(path: string): string {
  return path
    .split(".")
    .slice(path.includes(".") ? 1 : 0)
    .map(fieldOfPolicy)
    .join(" · ");
}

const ANSWERS = ["block", "refer", "warn", "pass"];

/** Checks stand by their answer, the gravest first. */
function Checks({ section, words }: { section: PolicySection; words: ValueWords }) {
  const rank = (value: unknown) => ANSWERS.indexOf(String(value)) + (ANSWERS.includes(String(value)) ? 0 : 9);
  const rows = section.values.toSorted((one, other) => rank(one.value) - rank(other.value));
  return (
    <PlainTable
      caption={titleOf(section.name)}
      rows={rows}
      columns={[
        { key: "check", title: tell("check"), cell: (row) => field(row.name) },
        {
          key: "answer",
          title: tell("answer"),
          cell: (row) => <span className={`answer-${String(row.value)}`}>{told(row.value, row.unit, words)}</span>,
        },
      ]}
      rowKey={(row) => row.path}
    />
  );
}

function TableText({ table, words }: { table: Table; words: ValueWords }) {
  return (
    <>
      <h3>{field(table.name)}</h3>
      <PlainTable
        caption={field(table.name)}
        rows={table.rows}
        columns={table.columns.map((column) => ({
          key: column.name,
          title: column.name === "at_bp" ? tell("from_line") : fieldOfPolicy(column.name),
          number: column.unit !== "words" && column.unit !== "text",
          cell: (row: Document) =>
            row[column.name] === undefined
              ? "–"
              : told(row[column.name], unitOf(column.name, typeof row.cause === "string" ? row.cause : ""), words),
        }))}
        rowKey={(_, at) => String(at)}
      />
    </>
  );
}
