// Whatever names, texts and values there are: what is written is read back the same by the formats' own rules.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type Family, scalarFamily } from "./family.ts";
import { parseLabels, renderLabels } from "./labels.ts";
import { histogramFamily } from "./testing/families.ts";
import { parseExposition } from "./testing/parse.ts";
import { writeExposition } from "./write.ts";

/** Any UTF-16, with what breaks formats more often than chance would have it. */
const hostile = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .array(fc.constantFrom("\\", '"', "\n", "\r", "}", "{", ",", "=", " ", "#", "\0", "\udcff", "\u2028", "é", "😀"), {
      maxLength: 12,
    })
    .map((parts) => parts.join("")),
);
const value = fc.oneof(
  fc.double(),
  fc.constantFrom(Number.NaN, Infinity, -Infinity, -0, 0, 2 ** 53, 2 ** 63, 2 ** 64, -(2 ** 63), 5e-324, 1e21, 0.1),
  fc.maxSafeInteger(),
);
const name = fc
  .stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,20}$/)
  .filter((text) => !/_(total|bucket|sum|count)$/.test(text));
const labelName = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,10}$/).filter((text) => text !== "le");

const labels = fc
  .uniqueArray(labelName, { maxLength: 4 })
  .chain((names) =>
    fc.array(hostile, { minLength: names.length, maxLength: names.length }).map((values) => ({ names, values })),
  );
const scalar = fc.record({
  type: fc.constantFrom("counter", "gauge"),
  name,
  help: hostile,
  rows: fc.array(fc.tuple(labels, value), { maxLength: 6 }),
});
const histogram = fc.record({
  type: fc.constant("histogram" as const),
  name,
  help: hostile,
  rows: fc.array(fc.tuple(labels, fc.array(fc.nat(), { minLength: 3, maxLength: 3 }), value), { maxLength: 4 }),
});

/** Bytes that are no UTF-8 cannot be carried: they become U+FFFD. */
const carried = (text: string): string => Buffer.from(text, "utf8").toString("utf8");
const wanted = (names: readonly string[], values: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((own, i) => [own, carried(values[i]!)]));

test("what is written is read back the same, in both formats", () => {
  const given = fc.uniqueArray(fc.oneof(scalar, histogram), { maxLength: 5, selector: (family) => family.name });
  fc.assert(
    fc.property(given, fc.boolean(), (list, openMetrics) => {
      const families = list.map((family): Family =>
        family.type === "histogram"
          ? histogramFamily(
              family,
              [0.5, 2],
              family.rows.map(([{ names, values }, counts, sum]) => ({
                labels: renderLabels(names, values),
                counts,
                sum,
              })),
            )
          : scalarFamily(
              family.type === "counter" ? "counter" : "gauge",
              family,
              family.rows.map(([{ names, values }, figure]) => [renderLabels(names, values), figure] as const),
            ),
      );
      const pieces = Array.from(
        writeExposition(families, { format: openMetrics ? "openmetrics" : "prometheus" }),
        (piece) => Buffer.from(piece),
      );
      const parsed = parseExposition(Buffer.concat(pieces).toString("utf8"), openMetrics);
      for (const family of list) {
        const total = family.type === "counter" ? `${family.name}_total` : family.name;
        const found = parsed.get(openMetrics ? family.name : total);
        assert.ok(found, family.name);
        assert.equal(found.help, carried(family.help));
        if (family.type !== "histogram") {
          const want = family.rows.map(([{ names, values }, figure]) => ({
            name: total,
            labels: wanted(names, values),
            value: figure,
          }));
          assert.deepEqual(found.samples, want);
          continue;
        }
        const want = family.rows.flatMap(([{ names, values }, [low = 0, middle = 0, high = 0], sum]) => {
          const own = wanted(names, values);
          const bucket = (le: string, count: number) => ({
            name: `${family.name}_bucket`,
            labels: { ...own, le },
            value: count,
          });
          return [
            bucket("0.5", low),
            bucket("2", low + middle),
            bucket("+Inf", low + middle + high),
            { name: `${family.name}_sum`, labels: own, value: sum },
            { name: `${family.name}_count`, labels: own, value: low + middle + high },
          ];
        });
        assert.deepEqual(found.samples, want);
      }
    }),
    { numRuns: 500 },
  );
});

test("labels that were rendered are taken apart again", () => {
  fc.assert(
    fc.property(labels, ({ names, values }) => {
      assert.deepEqual(
        parseLabels(renderLabels(names, values)),
        names.map((own, i) => [own, values[i]]),
      );
    }),
  );
});
