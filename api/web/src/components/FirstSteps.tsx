/** What to do with a system that nothing was told yet. */
import { say } from "../words/words";

const STEPS = [
  ["first_import", "obligor import receivables.csv --map open-items"],
  ["first_connect", "obligor keys add --name shop --role machine --role analyst"],
  ["first_send", "obligor send facts.jsonl"],
  ["first_demo", "obligor up --demo --data demo"],
] as const;

export function FirstSteps() {
  return (
    <div className="state state-empty">
      <div className="first-steps">
        <h2>{say("first_nothing")}</h2>
        <ol>
          {STEPS.map(([word, line]) => (
            <li key={word}>
              {say(word)}
              <code>{line}</code>
            </li>
          ))}
        </ol>
        <p>{say("first_then")}</p>
      </div>
    </div>
  );
}
