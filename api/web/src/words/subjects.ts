/** What an alert is about, from its subject: a code and an id, a code alone, or only an id or a day. */
export type WordOf = (key: string) => string | undefined;

/** The subject with its code in words: `invoice I-9` for `invoice/I-9`; without a known code as it is. */
export function subjectWith(wordOf: WordOf, cause: string, subject: string): string {
  const whole = wordOf(`${cause}/${subject}`);
  if (whole !== undefined) return whole;
  for (const mark of ["/", " "]) {
    const at = subject.indexOf(mark);
    const word = at < 0 ? undefined : wordOf(`${cause}/${subject.slice(0, at)}`);
    const rest = subject.slice(at + 1);
    if (word !== undefined && rest) return `${word} ${rest}`;
  }
  return subject;
}
