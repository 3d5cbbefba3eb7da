/** The desk: alerts and waiting orders, side by side, all day. */
import { useState } from "react";
import { useKeys } from "../app/keys";
import { AlertPanel } from "../desk/AlertPanel";
import { OrderPanel } from "../desk/OrderPanel";
import "../desk/desk.css";

type Half = "alerts" | "orders";

export default function Desk() {
  const [half, setHalf] = useState<Half>("orders");
  useKeys({ w: () => setHalf(half === "alerts" ? "orders" : "alerts") });
  return (
    <div className="desk">
      <AlertPanel active={half === "alerts"} onActivate={() => setHalf("alerts")} />
      <OrderPanel active={half === "orders"} onActivate={() => setHalf("orders")} />
    </div>
  );
}
