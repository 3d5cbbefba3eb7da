import type { StatusAnswer, TopicStatus } from "../api/types";
import { count } from "../format";
import { tell } from "../words/tell";
import { type Health, healthOfLag, type TopologyEdge, type TopologyNode } from "./topology";

/** Returns the boxes and lines of the whole stream: sources, processor, ledger, outputs, and who reads them. */
export function nodesOf(status: StatusAnswer): { nodes: TopologyNode[]; edges: TopologyEdge[] } {
  const sources = status.topics.filter((topic) => topic.kind === "source");
  const ledger = status.topics.filter((topic) => topic.kind === "ledger");
  const outputs = status.topics.filter((topic) => topic.kind === "output");
  const behind = sum(sources.map((topic) => topic.lag_records));
  const nodes = [
    ...sources.map((topic, row) => topicNode(topic, 0, row)),
    processorNode(status, behind),
    ...ledger.map((topic, row) => topicNode(topic, 2, row)),
    ...outputs.map((topic, row) => topicNode(topic, 3, row)),
    apiNode(status),
    ...(status.learner === null ? [] : [learnerNode(status.learner)]),
  ];
  const edges = [
    ...sources.map((topic) => ({ from: topic.topic, to: "processor", rate: topic.rate_per_second })),
    ...ledger.map((topic) => ({ from: "processor", to: topic.topic, rate: topic.rate_per_second })),
    ...ledger.flatMap((topic) =>
      outputs.map((output) => ({ from: topic.topic, to: output.topic, rate: output.rate_per_second })),
    ),
    ...outputs.map((topic) => ({ from: topic.topic, to: readerOf(topic, status), rate: null })),
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
    detail: `${count(topic.records)} · ${lag}`,
    health: healthOfLag(topic.lag_records),
  };
}

function processorNode(status: StatusAnswer, behind: number): TopologyNode {
  const troubled = status.partitions.filter((partition) => partition.trouble !== null).length;
  const workers = status.parts.filter((part) => part.part.startsWith("worker"));
  const health: Health =
    troubled > 0 || workers.some((part) => part.state === "down") ? "critical" : healthOfLag(behind);
  return {
    id: "processor",
    column: 1,
    row: 0,
    title: tell("processor"),
    detail: tell("partitions_count", { count: status.partitions.length, workers: Math.max(1, workers.length) }),
    health,
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

function learnerNode(learner: NonNullable<StatusAnswer["learner"]>): TopologyNode {
  return {
    id: "learner",
    column: 4,
    row: 1,
    title: tell("learner"),
    detail: typeof learner.lessons === "number" ? tell("lessons_count", { count: count(learner.lessons) }) : "",
    health: learner.trouble ? "critical" : "good",
  };
}

function readerOf(topic: TopicStatus, status: StatusAnswer): string {
  const learns = ["labels", "lessons", "models"].includes(shortName(topic.topic));
  return learns && status.learner !== null ? "learner" : "api";
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
