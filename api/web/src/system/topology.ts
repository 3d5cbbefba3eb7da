export type Health = "good" | "warning" | "critical" | "unknown";

export interface TopologyNode {
  id: string;
  column: number;
  row: number;
  title: string;
  detail: string;
  health: Health;
  isTopic?: boolean;
}

export interface TopologyEdge {
  from: string;
  to: string;
  /** Records a second, null where nobody measures it. */
  rate: number | null;
}

export interface Placed extends TopologyNode {
  x: number;
  y: number;
}

export interface Wire {
  id: string;
  path: string;
  x: number;
  y: number;
  rate: number | null;
}

export interface Picture {
  width: number;
  height: number;
  nodes: Placed[];
  wires: Wire[];
}

export const NODE_WIDTH = 168;
export const NODE_HEIGHT = 46;
const COLUMN_GAP = 76;
const ROW_GAP = 14;

/** Returns where boxes and lines go: columns from left to right, each centred on the tallest. */
export function pictureOf(nodes: readonly TopologyNode[], edges: readonly TopologyEdge[]): Picture {
  const columns = Math.max(0, ...nodes.map((node) => node.column + 1));
  const heights = Array.from({ length: columns }, (_, column) =>
    heightOf(nodes.filter((n) => n.column === column).length),
  );
  const height = Math.max(0, ...heights);
  const placed = nodes.map((node) => ({
    ...node,
    x: node.column * (NODE_WIDTH + COLUMN_GAP),
    y: (height - (heights[node.column] ?? 0)) / 2 + node.row * (NODE_HEIGHT + ROW_GAP),
  }));
  const byId = new Map(placed.map((node) => [node.id, node]));
  const wires = edges.flatMap((edge) => {
    const from = byId.get(edge.from);
    const to = byId.get(edge.to);
    return from && to ? [wire(from, to, edge)] : [];
  });
  return { width: Math.max(0, columns * (NODE_WIDTH + COLUMN_GAP) - COLUMN_GAP), height, nodes: placed, wires };
}

function heightOf(count: number): number {
  return count === 0 ? 0 : count * (NODE_HEIGHT + ROW_GAP) - ROW_GAP;
}

function wire(from: Placed, to: Placed, edge: TopologyEdge): Wire {
  const startX = from.x + NODE_WIDTH;
  const startY = from.y + NODE_HEIGHT / 2;
  const endX = to.x;
  const endY = to.y + NODE_HEIGHT / 2;
  const middle = (startX + endX) / 2;
  return {
    id: `${edge.from}>${edge.to}`,
    path: `M ${startX} ${startY} C ${middle} ${startY}, ${middle} ${endY}, ${endX} ${endY}`,
    x: middle,
    y: (startY + endY) / 2,
    rate: edge.rate,
  };
}

/** Returns how a lag in records is to be taken. */
export function healthOfLag(records: number | null | undefined): Health {
  if (records === null || records === undefined) return "unknown";
  if (records < 1_000) return "good";
  return records < 50_000 ? "warning" : "critical";
}
