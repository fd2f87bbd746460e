import "@/ui/styles";
import { createRoot } from "react-dom/client";
import { App } from "@/app/App";
import { followNewBuilds } from "@/app/newBuild";
import { prepare } from "@/app/Screens";

followNewBuilds();
const root = document.getElementById("root");

/** A chunk that does not come is the screen's to report. */
const show = () => root && createRoot(root).render(<App />);
prepare(window.location.pathname).then(show, show);
