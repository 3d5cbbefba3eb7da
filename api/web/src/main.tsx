import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import "./styles/page.css";

const root = document.getElementById("root");
if (root === null) throw new Error("expected an element with id root, found none");
createRoot(root).render(<App />);
