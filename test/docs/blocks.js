// The programs in the documentation: fenced blocks of Markdown that carry a file's name.
//
//     ```c NAME.bpf.c             an object in C
//     ```ts NAME.ts               a whole program, run on this kernel
//     ```ts NAME.ts kernel=6.12   the same, run in a guest with this kernel
//     ```text                     after a program: what it prints, see compare.js

/**
 * @typedef {object} Block
 * @property {string} language
 * @property {string} name of the file; "" where the block has none
 * @property {string | undefined} kernel
 * @property {Readonly<Record<string, string>>} options what stands behind the language: `run="dd"`, `refused`
 * @property {string} text
 * @property {string} place "docs/library.md:12", of its first line
 */

/** All fenced blocks of a page. @param {string} page @param {string} path as messages name it @returns {Block[]} */
export function blocksOf(page, path) {
  /** @type {Block[]} */
  const blocks = [];
  /** @type {{ info: string, line: number, lines: string[] } | undefined} */
  let open;
  for (const [index, line] of page.split("\n").entries()) {
    if (!line.startsWith("```")) open?.lines.push(line);
    else if (open === undefined) open = { info: line.slice(3), line: index + 2, lines: [] };
    else {
      blocks.push(blockOf(open.info, `${open.lines.join("\n")}\n`, `${path}:${open.line}`));
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`${path}:${open.line}: the block is never closed`);
  return blocks;
}

/** @param {string} info @param {string} text @param {string} place @returns {Block} */
function blockOf(info, text, place) {
  const [language = "", ...words] = info.match(/[^\s="]+(="[^"]*"|=\S*)?/g) ?? [];
  const options = Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf("=");
      return at < 0 ? [word, ""] : [word.slice(0, at), word.slice(at + 1).replace(/^"|"$/g, "")];
    }),
  );
  const name = words.find((word) => !word.includes("=")) ?? "";
  return { language, name, kernel: options["kernel"], options, text, place };
}

/**
 * @typedef {object} Example
 * @property {string} name without ".ts"
 * @property {string | undefined} kernel of the guest that it needs
 * @property {string} source
 * @property {string} expected
 * @property {string} place
 */

/**
 * What a page's blocks hold: C by file name, programs with what they print.
 * @param {readonly Block[]} blocks
 */
export function examplesOf(blocks) {
  /** @type {Map<string, string>} */
  const objects = new Map();
  /** @type {Example[]} */
  const examples = [];
  for (const [index, { language, name, kernel, text, place }] of blocks.entries()) {
    if (language === "c" && name !== "") objects.set(name, text);
    if (language !== "ts") continue;
    const output = blocks[index + 1];
    if (!name.endsWith(".ts")) throw new Error(`${place}: a program needs a file name: \`\`\`ts NAME.ts`);
    if (output?.language !== "text") throw new Error(`${place}: ${name} is not followed by what it prints`);
    examples.push({ name: name.slice(0, -3), kernel, source: text, expected: output.text, place });
  }
  return { objects, examples };
}
