/** A level as colour, shape and word at once, so that no one of them has to be seen. */
import { LEVELS, type Level } from "../api/types";
import { say, sayIfKnown } from "../words/words";

const SHAPES: Record<Level, string> = { critical: "■", warning: "▲", notice: "●" };

/** A level that the api names in a field of any text; others are none. */
export function levelOf(name: string | null | undefined): Level | null {
  return LEVELS.find((level) => level === name) ?? null;
}

export function levelShape(level: Level | null | undefined): string {
  return level ? SHAPES[level] : "○";
}

export function LevelMark({ level, word = true }: { level: Level | null | undefined; word?: boolean }) {
  const name = level ? sayIfKnown(`level_${level}`, level) : say("level_none");
  return (
    <span className={`level level-${level ?? "none"}`}>
      <span aria-hidden="true">{levelShape(level)}</span>
      {word ? <span>{name}</span> : <span className="visually-hidden">{name}</span>}
    </span>
  );
}
