/** Places in the ledger: which of two things said of the same account is the newer. */
import type { Place } from "../api/types";

/** Whether a place comes after another of the same partition. */
export function isAfter(place: Place, other: Place): boolean {
  if (place.epoch !== other.epoch) return place.epoch > other.epoch;
  return place.seq !== other.seq ? place.seq > other.seq : place.n > other.n;
}

/** The place that a list's row names as `epoch/partition/seq/n`; null where it names none. */
export function placeOf(text: string | null | undefined): Place | null {
  const [epoch, partition, seq, n] = (text ?? "").split("/").map(Number);
  if (epoch === undefined || partition === undefined || seq === undefined || n === undefined) return null;
  return Number.isNaN(epoch + partition + seq + n) ? null : { epoch, partition, seq, n };
}

/** The account's version with an event: what a command names in `If-Match`. */
export function versionOf(place: Place): string {
  return `${place.partition}-${place.seq}`;
}
