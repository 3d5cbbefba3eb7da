import type { RiskMatrixAnswer } from "../api/types";
import { count, moneyShort } from "../format";
import { policyText } from "../words/policyTexts";
import { tell } from "../words/tell";
import { type MatrixCell, matrixRows } from "./matrix";

interface RiskMatrixProps {
  matrix: RiskMatrixAnswer;
  /** The chosen cell as the list of accounts filters by it: `3-2`, "" for none. */
  chosen: string;
  onChoose: (cell: string) => void;
}

/** Size by probability as a table of buttons: how many accounts, how much, and what the policy says to do. */
export function RiskMatrix({ matrix, chosen, onChoose }: RiskMatrixProps) {
  const measures = matrix.measures.map((row) => row.map((cell) => cell.measure));
  const rows = matrixRows(matrix.cells, { sizes: matrix.sizes, probabilities: matrix.probabilities, measures });
  return (
    <div className="matrix-frame">
      <table className="matrix">
        <caption className="visually-hidden">{tell("risk_matrix")}</caption>
        <thead>
          <tr>
            <td />
            {rows[0]?.map((cell) => (
              <th key={cell.probability} scope="col">
                {columnName(cell.probability, matrix)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row[0]?.size}>
              <th scope="row">{rowName(row[0]?.size ?? 1, matrix)}</th>
              {row.map((cell) => (
                <Cell key={cell.probability} cell={cell} chosen={chosen} onChoose={onChoose} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p className="dim matrix-axes">{tell("matrix_axes")}</p>
    </div>
  );
}

function Cell({ cell, chosen, onChoose }: { cell: MatrixCell; chosen: string; onChoose: (cell: string) => void }) {
  const id = `${cell.size}-${cell.probability}`;
  const amounts = Object.entries(cell.netExposure).map(([currency, minor]) => moneyShort(minor, currency));
  return (
    <td className={`heat heat-${cell.heat}`}>
      <button
        type="button"
        aria-pressed={id === chosen}
        disabled={cell.accounts === 0}
        title={policyText(cell.measure)}
        onClick={() => onChoose(id === chosen ? "" : id)}
      >
        <strong>{tell("cell_accounts", { count: count(cell.accounts) })}</strong>
        <span>{amounts.join(" + ")}</span>
        <small>{policyText(cell.measure)}</small>
      </button>
    </td>
  );
}

function columnName(probability: number, matrix: RiskMatrixAnswer): string {
  const grades = matrix.grades[probability - 1];
  if (grades === undefined) return tell("probability_class", { number: probability });
  return tell("grades_of_column", { grades: grades.join(", ") });
}

function rowName(size: number, matrix: RiskMatrixAnswer): string {
  if (matrix.sizes_minor.length === 0) return tell("size_class", { number: size });
  const [from, to] = [matrix.sizes_minor[size - 2], matrix.sizes_minor[size - 1]].map((minor) =>
    minor === undefined ? undefined : moneyShort(minor, matrix.currency),
  );
  if (from === undefined) return tell("size_below", { to: to ?? "" });
  return to === undefined ? tell("size_from", { from }) : tell("size_from_to", { from, to });
}
