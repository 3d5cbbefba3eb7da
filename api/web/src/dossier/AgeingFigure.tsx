import { useCallback, useMemo } from "react";
import type { AgeingBucket } from "../api/types";
import { columnsOption } from "../charts/bars";
import type { ChartContext } from "../charts/context";
import { money } from "../format";
import { Figure } from "../parts/Figure";
import { tell } from "../words/tell";
import { bucketsOf } from "./ageing";

/** What is open by how long it is overdue. */
export function AgeingFigure({ buckets, currency }: { buckets: readonly AgeingBucket[]; currency: string }) {
  const shown = useMemo(() => bucketsOf(buckets, currency), [buckets, currency]);
  const option = useCallback(
    (context: ChartContext) =>
      columnsOption(
        shown.map((bucket, at) => ({
          name: bucketName(bucket),
          value: bucket.amount_minor,
          grave: at / Math.max(1, shown.length - 1),
        })),
        context.money,
        context,
      ),
    [shown],
  );
  return (
    <Figure
      label={tell("ageing")}
      option={option}
      currency={currency}
      height={190}
      rows={shown}
      columns={[
        { key: "days", title: tell("days_overdue"), cell: bucketName },
        { key: "amount", title: tell("open_amount"), number: true, cell: (row) => money(row.amount_minor, currency) },
      ]}
      rowKey={(row) => String(row.from_days)}
    />
  );
}

export function bucketName({ from_days: from, to_days: to }: AgeingBucket): string {
  if (to === 0) return tell("not_due");
  return to === null ? tell("days_from", { from }) : tell("days_from_to", { from, to });
}
