/** A sentence with its `{name}`s filled in; what is not given stays as it is.
 *
 * `{count|order waits|orders wait}` is the words for one, and for any other number. */
export function fill(sentence: string, values: Record<string, unknown>): string {
  const counted = sentence.replaceAll(/\{(\w+)\|([^|}]*)\|([^|}]*)\}/g, (_, name: string, one: string, more: string) =>
    String(values[name]) === "1" ? one : more,
  );
  return counted.replaceAll(/\{(\w+)\}/g, (mark, name: string) => (name in values ? String(values[name]) : mark));
}
