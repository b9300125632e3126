/**
 * C++ names as the Itanium ABI mangles them, which is what GCC and Clang do on Linux:
 *
 *     _ZNK3foo3barIiEEvPKc     void foo::bar<int>(char const*) const
 *       N ......... E            nested name
 *        K                         of a const member function
 *         3foo 3bar                 names with their lengths
 *                  I i E             template arguments
 *                        v PKc         result and parameters
 *
 * https://itanium-cxx-abi.github.io/cxx-abi/abi.html#mangling
 */
import { encoding } from "./names.ts";
import type { Node } from "./nodes.ts";
import { Parser } from "./parser.ts";
import { print } from "./print.ts";

/** The C++ declaration. Throws NotMangled. */
export function demangleItanium(mangled: string): string {
  const parser = new Parser(mangled);
  parser.expect("_Z");
  return print(withClones(parser, encoding(parser)));
}

/** What the compiler made of parts or copies of the function: ".cold", ".part.0", ".constprop.1". */
function withClones(parser: Parser, of: Node): Node {
  let node = of;
  while (!parser.ended) {
    const suffix = parser.match(/\.([a-zA-Z_]+|\d+)(\.\d+)*/y);
    if (suffix === "") parser.fail();
    node = { kind: "suffixed", of: node, words: ` [clone ${suffix}]` };
  }
  return node;
}
