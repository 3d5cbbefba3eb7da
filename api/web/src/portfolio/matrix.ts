export interface CellCount {
  size: number;
  probability: number;
  measure: string;
  accounts: number;
  net_exposure_minor: Record<string, number>;
}

export interface MatrixCell {
  size: number;
  probability: number;
  measure: string;
  accounts: number;
  netExposure: Record<string, number>;
  /** 0 for an empty cell, else 1 to 5 by how far it is from the smallest and safest. */
  heat: number;
}

export interface MatrixShape {
  sizes: number;
  probabilities: number;
  measures?: readonly (readonly string[])[];
}

/** Returns the rows of the risk matrix, the largest size first and the safest column first; classes count from 1. */
export function matrixRows(counts: readonly CellCount[], shape: MatrixShape): MatrixCell[][] {
  const sizes = Math.max(shape.sizes, ...counts.map((cell) => cell.size));
  const probabilities = Math.max(shape.probabilities, ...counts.map((cell) => cell.probability));
  const found = new Map(counts.map((cell) => [`${cell.size}/${cell.probability}`, cell]));
  return descending(sizes).map((size) =>
    ascending(probabilities).map((probability) => {
      const count = found.get(`${size}/${probability}`);
      return {
        size,
        probability,
        measure: count?.measure ?? shape.measures?.[size - 1]?.[probability - 1] ?? "",
        accounts: count?.accounts ?? 0,
        netExposure: count?.net_exposure_minor ?? {},
        heat: heat(size, probability, sizes, probabilities),
      };
    }),
  );
}

/** Returns how grave a cell is from 1 to 5: the sum of both ways from the safe corner, in fifths. */
export function heat(size: number, probability: number, sizes: number, probabilities: number): number {
  const way = sizes + probabilities - 2;
  if (way <= 0) return 1;
  return 1 + Math.round((4 * (size + probability - 2)) / way);
}

function ascending(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at + 1);
}

function descending(count: number): number[] {
  return ascending(count).reverse();
}
