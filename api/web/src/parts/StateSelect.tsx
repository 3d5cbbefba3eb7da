/** Which state the rows of a list are in; with `any`, all of them may be wanted. */
import { field, tell } from "../words/tell";

interface Props {
  states: readonly string[];
  state: string;
  onChange: (state: string) => void;
  any?: boolean;
  nameOf?: (state: string) => string;
}

export function StateSelect({ states, state, onChange, any = false, nameOf = field }: Props) {
  return (
    <label>
      {field("state")}{" "}
      <select value={state} onChange={(event) => onChange(event.target.value)}>
        {any ? <option value="">{tell("any")}</option> : null}
        {states.map((name) => (
          <option key={name} value={name}>
            {nameOf(name)}
          </option>
        ))}
      </select>
    </label>
  );
}
