// Two runs' report.html beside each other. A report is shown by viewer.html in a frame without this page's origin: it
// may run its own script, and reach neither this page nor the network.
import { byId, element } from "./dom.js";

function show(place, file) {
  const old = place.querySelector("iframe");
  if (old) old.remove();
  if (!file) return;
  const frame = element("iframe", { title: "Report: " + file.name, sandbox: "allow-scripts", src: "viewer.html" });
  const text = file.text();
  frame.addEventListener("load", async () => frame.contentWindow.postMessage(await text, "*"), { once: true });
  place.append(frame);
}

for (const place of byId("frames").children) {
  place.querySelector("input").addEventListener("change", (event) => show(place, event.target.files[0]));
}
