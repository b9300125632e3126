/** Docker: /var/lib/docker/containers/ID/config.v2.json, {"Name": "/web", "Config": {"Image", "Labels"}}. */
import { factsOfAnnotations } from "./annotations.ts";
import { SANDBOX, type ContainerFacts } from "./facts.ts";
import { readJson, textAt, textsAt } from "./files.ts";

export function docker(id: string, root: string): ContainerFacts | undefined {
  const config = readJson(`${root}/var/lib/docker/containers/${id}/config.v2.json`);
  if (config === undefined) return undefined;
  const labels = textsAt(config, "Config", "Labels");
  const name = textAt(config, "Name")?.replace(/^\//, "");
  const image = textAt(config, "Config", "Image");
  const sandbox = labels["io.kubernetes.docker.type"] === "podsandbox";
  return {
    ...(name !== undefined && { name }),
    ...factsOfAnnotations(labels),
    ...(sandbox && { name: SANDBOX }),
    ...(image !== undefined && { image }),
    runtime: "docker",
    labels,
  };
}
