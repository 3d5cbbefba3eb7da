import { tell } from "../words/tell";
import { NODE_HEIGHT, NODE_WIDTH, pictureOf, type TopologyEdge, type TopologyNode } from "./topology";

const MARKS = { good: "●", warning: "▲", critical: "■", unknown: "○" };
const ROOM = 8;

/** What flows where, with rates on the lines and lag in the boxes; the same stands in the table below it. */
export function TopologyPicture({ nodes, edges }: { nodes: readonly TopologyNode[]; edges: readonly TopologyEdge[] }) {
  const picture = pictureOf(nodes, edges);
  const box = [-ROOM, -ROOM, picture.width + 2 * ROOM, picture.height + 2 * ROOM].join(" ");
  return (
    <svg className="topology" viewBox={box} role="img" aria-label={tell("topology")}>
      {picture.wires.map((wire) => (
        <g key={wire.id} className={wire.rate ? "wire wire-live" : "wire"}>
          <path d={wire.path} />
        </g>
      ))}
      {picture.nodes.map((node) => (
        <g key={node.id} className={`node node-${node.health}`} transform={`translate(${node.x} ${node.y})`}>
          <rect width={NODE_WIDTH} height={NODE_HEIGHT} rx="6" />
          <text x="10" y="19" className="node-title">
            <tspan className="node-mark">{MARKS[node.health]}</tspan> {node.title}
          </text>
          <text x={NODE_WIDTH - 10} y="19" textAnchor="end" className="node-rate">
            {rateOf(node, edges)}
          </text>
          <text x="10" y="36" className="node-detail">
            {node.detail}
          </text>
        </g>
      ))}
    </svg>
  );
}

/** The rate of a topic is written in its box, where lines do not cross it. */
function rateOf({ id, isTopic }: TopologyNode, edges: readonly TopologyEdge[]): string {
  const rate = isTopic ? edges.find((edge) => edge.to === id || edge.from === id)?.rate : null;
  return rate ? tell("per_second", { rate: rate.toFixed(1) }) : "";
}
