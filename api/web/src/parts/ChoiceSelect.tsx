/** What the rows of a list are narrowed to, such as a state; with `any`, all of them may be wanted. */
import { field, tell } from "../words/tell";

interface Props {
  label: string;
  choices: readonly string[];
  chosen: string;
  onChange: (choice: string) => void;
  any?: boolean;
  nameOf?: (choice: string) => string;
}

export function ChoiceSelect({ label, choices, chosen, onChange, any = false, nameOf = field }: Props) {
  return (
    <label>
      {label}{" "}
      <select value={chosen} onChange={(event) => onChange(event.target.value)}>
        {any ? <option value="">{tell("any")}</option> : null}
        {choices.map((name) => (
          <option key={name} value={name}>
            {nameOf(name)}
          </option>
        ))}
      </select>
    </label>
  );
}
