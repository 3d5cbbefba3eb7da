import type { PartStatus, StatusAnswer, TopicStatus } from "../api/types";
import { count } from "../format";
import { tell } from "../words/tell";
import { type Health, healthOfLag, type TopologyEdge, type TopologyNode } from "./topology";

const LEARNED = ["lessons", "models"];

/** Returns the boxes and lines of the whole stream: sources, processor, ledger, outputs, and who reads them. */
export function nodesOf(status: StatusAnswer): { nodes: TopologyNode[]; edges: TopologyEdge[] } {
  const { learner, topics } = status;
  const sources = topics.filter((topic) => topic.kind === "source");
  const ledger = topics.filter((topic) => topic.kind === "ledger");
  const learned = topics.filter((topic) => topic.kind === "output" && LEARNED.includes(shortName(topic.topic)));
  const outputs = topics.filter((topic) => topic.kind === "output" && !learned.includes(topic));
  const nodes = [
    ...sources.map((topic, row) => topicNode(topic, 0, row)),
    processorNode(status, sources),
    ...ledger.map((topic, row) => topicNode(topic, 2, row)),
    ...outputs.map((topic, row) => topicNode(topic, 3, row)),
    apiNode(status),
    ...(learner === null ? [] : [learnerNode(status, learner)]),
    ...(learner === null ? [] : learned.map((topic, row) => topicNode(topic, 5, row))),
  ];
  const edges = [
    ...sources.map((topic) => ({ from: topic.topic, to: "processor", rate: topic.rate_per_second })),
    ...ledger.map((topic) => ({ from: "processor", to: topic.topic, rate: topic.rate_per_second })),
    ...ledger.flatMap((topic) =>
      outputs.map((output) => ({ from: topic.topic, to: output.topic, rate: output.rate_per_second })),
    ),
    ...outputs.map((topic) => ({ from: topic.topic, to: readerOf(topic), rate: topic.rate_per_second })),
    ...learned.map((topic) => ({ from: "learner", to: topic.topic, rate: topic.rate_per_second })),
  ];
  return { nodes, edges };
}

/** Returns the name of a topic without prefix and version. */
export function shortName(topic: string): string {
  return topic.split(".").at(-2) ?? topic;
}

function topicNode(topic: TopicStatus, column: number, row: number): TopologyNode {
  const lag = topic.lag_records > 0 ? tell("behind", { count: count(topic.lag_records) }) : tell("up_to_date");
  return {
    id: topic.topic,
    column,
    row,
    title: shortName(topic.topic),
    detail: topic.kind === "output" ? count(topic.records) : `${count(topic.records)} · ${lag}`,
    health: healthOfLag(topic.lag_records),
    isTopic: true,
  };
}

function processorNode(status: StatusAnswer, sources: readonly TopicStatus[]): TopologyNode {
  const workers = partsOf(status, "worker");
  const isTroubled = status.partitions.some((partition) => partition.trouble !== null);
  const behind = sources.reduce((total, topic) => total + topic.lag_records, 0);
  return {
    id: "processor",
    column: 1,
    row: 0,
    title: tell("processor"),
    detail: tell("partitions_count", { count: status.partitions.length, workers: workers.length }),
    health: worst([isTroubled ? "critical" : healthOfLag(behind), ...workers.map(healthOfPart)]),
  };
}

function apiNode(status: StatusAnswer): TopologyNode {
  return {
    id: "api",
    column: 4,
    row: 0,
    title: tell("api_and_feed"),
    detail: tell("clients_count", { count: status.feed.clients }),
    health: status.trouble ? "critical" : healthOfLag(status.as_of.lag_records),
  };
}

function learnerNode(status: StatusAnswer, learner: NonNullable<StatusAnswer["learner"]>): TopologyNode {
  const lag = typeof learner.lag_records === "number" ? learner.lag_records : 0;
  const found = partsOf(status, "learner").map(healthOfPart);
  return {
    id: "learner",
    column: 4,
    row: 1,
    title: tell("learner"),
    detail: lag > 0 ? tell("behind", { count: count(lag) }) : tell("up_to_date"),
    health: found.length === 0 ? "unknown" : worst([healthOfLag(lag), ...found]),
  };
}

function readerOf(topic: TopicStatus): string {
  return shortName(topic.topic) === "labels" ? "learner" : "api";
}

function partsOf(status: StatusAnswer, name: string): PartStatus[] {
  return status.parts.filter((part) => part.part.startsWith(name));
}

function healthOfPart({ state }: PartStatus): Health {
  if (state === "ready") return "good";
  if (state === "down") return "critical";
  return state === "not ready" ? "warning" : "unknown";
}

const BY_GRAVITY: readonly Health[] = ["critical", "warning", "unknown", "good"];

function worst(found: readonly Health[]): Health {
  return BY_GRAVITY.find((health) => found.includes(health)) ?? "unknown";
}
