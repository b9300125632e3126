import type { MonitorStatus } from "../../monitor/status.ts";
import { type Route, route } from "../route.ts";

/** The page at `/`: what runs, and where to read it. */
export function indexRoute(): Route {
  return route({
    method: "get",
    path: "/",
    tag: "agent",
    summary: "What runs here, as a page",
    answers: { 200: { description: "A page", types: ["text/html"] } },
    handle: ({ http }, { agent }) => http.html(indexPage(agent.list())),
  });
}

function indexPage(monitors: readonly MonitorStatus[]): string {
  const rows = monitors.map(
    (m) =>
      `<tr><td>${escapeHtml(m.name)}</td><td class="${m.state}">${m.state}</td><td>${escapeHtml(m.help)}${m.reason === undefined ? "" : `<br><small>${escapeHtml(m.reason)}</small>`}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sonde agent</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #8884;vertical-align:top}
.on{color:#188038}.failed{color:#c5221f}</style>
<h1>Sonde agent</h1>
<p><a href="/metrics">/metrics</a> · <a href="/api/v1/monitors">/api/v1/monitors</a> · <a href="/api/v1/openapi.json">API</a> · <a href="/livez">/livez</a> · <a href="/readyz">/readyz</a></p>
<table><tr><th>Monitor</th><th>State</th><th>What it shows</th></tr>
${rows.join("\n")}
</table></html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
