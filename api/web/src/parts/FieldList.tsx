import type { ReactNode } from "react";

export interface Field {
  key: string;
  title: string;
  value: ReactNode;
}

/** Names and values in columns; what is not known is left out. */
export function FieldList({ fields }: { fields: readonly Field[] }) {
  const known = fields.filter(({ value }) => value !== null && value !== undefined && value !== "" && value !== "–");
  return (
    <dl className="fields">
      {known.map((field) => (
        <div key={field.key}>
          <dt>{field.title}</dt>
          <dd>{field.value}</dd>
        </div>
      ))}
    </dl>
  );
}
