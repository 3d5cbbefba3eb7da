/** The desk: alerts and waiting orders, side by side, all day. */
import { Empty } from "../components/states";

export default function Desk() {
  return <Empty />;
}
