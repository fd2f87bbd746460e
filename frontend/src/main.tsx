import "@/ui/styles";
import { createRoot } from "react-dom/client";
import { App } from "@/app/App";
import { prepare } from "@/app/Screens";

const root = document.getElementById("root");

/** A chunk that does not come is the screen's to report. */
const show = () => root && createRoot(root).render(<App />);
prepare(window.location.pathname).then(show, show);
