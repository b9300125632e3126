/**
 * Podman and CRI-O share their way of storing containers:
 *
 *     STORE/DRIVER-containers/containers.json            [{"id", "names": ["web"], "metadata": "{\"image-name\"}"}]
 *     STORE/DRIVER-containers/ID/userdata/config.json    the OCI specification, with annotations
 */
import { factsOfAnnotations } from "./annotations.ts";
import type { ContainerFacts } from "./facts.ts";
import { listFolder, readJson, readJsonList, textAt, textsAt } from "./files.ts";

const STORES = ["/var/lib/containers/storage", "/run/containers/storage"];

export function storage(id: string, root: string): ContainerFacts | undefined {
  for (const store of STORES) {
    for (const folder of listFolder(root + store).filter((name) => name.endsWith("-containers"))) {
      const path = `${root}${store}/${folder}`;
      const entry = readJsonList(`${path}/containers.json`).find((each) => textAt(each, "id") === id);
      const config = readJson(`${path}/${id}/userdata/config.json`);
      if (entry === undefined && config === undefined) continue;
      const annotations = textsAt(config, "annotations");
      const metadata = parsed(textAt(entry, "metadata"));
      const name = firstName(entry) ?? textAt(metadata, "name");
      const image = textAt(metadata, "image-name");
      return {
        runtime: "podman",
        ...(name !== undefined && { name }),
        ...(image !== undefined && { image }),
        ...factsOfAnnotations(annotations),
        labels: annotations,
      };
    }
  }
  return undefined;
}

function firstName(entry: unknown): string | undefined {
  const names = (entry as { readonly names?: unknown } | undefined)?.names;
  return Array.isArray(names) && typeof names[0] === "string" ? names[0] : undefined;
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}
