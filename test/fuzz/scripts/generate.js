// Random scripts that the checker must accept: integers of every width and sign, strings, tuples, maps
// with keys of all of these, aggregations, branches and loops. What they compute depends on maps that are
// filled before they run, so that the compiler cannot compute it first.
/** @typedef {import("../../vm-agreement/random.js").Random} Random */

/** Maps with inputs: `@in0` and so on, 64 bits each. */
export const INPUTS = 4;

const widths = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"];
const texts = ["", "a", "dd", "abc", "sonde", "systemd-", "seventeen letters", "abcdefgh"];
const numbers = [
  "0",
  "1",
  "2",
  "3",
  "7",
  "8",
  "10",
  "63",
  "64",
  "100",
  "255",
  "1000",
  "65536",
  "4294967295",
  "1099511627776",
];
const aggregations = ["sum", "min", "max", "avg", "stats", "hist", "lhist"];

/** One script; BEGIN is what runs. @param {Random} random */
export function randomScript(random) {
  return new Generator(random).script();
}

class Generator {
  #random;
  #budget = 0;
  #loops = 0;
  #names = 0;
  /** Variables in scope, by kind. @type {{ number: string[], text: string[], pair: string[] }} */
  #scope = { number: [], text: [], pair: [] };

  /** @param {Random} random */
  constructor(random) {
    this.#random = random;
  }

  script() {
    this.#budget = 4 + this.#random.below(14);
    const body = [];
    while (this.#budget > 0) body.push(this.#statement());
    const inputs = Array.from({ length: INPUTS }, (_, number) => `@in${number} = (int64)0;`);
    return `BEGIN {\n${body.join("\n")}\n}\nEND { @n[0] = (int64)0; ${inputs.join(" ")} }\n`;
  }

  /** @returns {string} */
  #statement() {
    this.#budget--;
    const pick = this.#random.below(20);
    if (pick < 3) return this.#assign();
    if (pick < 4) return this.#text();
    if (pick < 5) return this.#pair();
    if (pick < 8) return this.#store();
    if (pick < 11) return this.#aggregate();
    if (pick < 12) return `@n[${this.#int(1)}]${this.#random.pick(["++", "--"])};`;
    if (pick < 13) return `delete(@n[${this.#int(1)}]);`;
    if (pick < 14) return `@only ${this.#random.pick(["=", "+=", "-=", "^=", "*=", "|="])} ${this.#int(2)};`;
    if (pick < 17) return `if (${this.#condition(2)}) { ${this.#block()} } else { ${this.#block()} }`;
    if (this.#loops > (this.#random.oneIn(4) ? 1 : 0)) return this.#assign();
    return this.#loop();
  }

  #block() {
    const outer = this.#scope;
    this.#scope = { number: [...outer.number], text: [...outer.text], pair: [...outer.pair] };
    const count = 1 + this.#random.below(2);
    const body = Array.from({ length: count }, () => this.#statement());
    if (this.#loops > 0 && this.#random.oneIn(6)) body.push(this.#random.pick(["break;", "continue;"]));
    else if (this.#random.oneIn(30)) body.push("return;");
    this.#scope = outer;
    return body.join(" ");
  }

  #loop() {
    this.#loops++;
    const turns = 1 + this.#random.below(5);
    const name = `$i${this.#names++}`;
    let made;
    // Some turn as often as only the kernel knows.
    const open = `(${this.#int(1)} & ${this.#random.pick([3, 7, 31])})`;
    switch (this.#random.below(6)) {
      case 0:
        made = `unroll (${turns}) { ${this.#block()} }`;
        break;
      case 1:
        made = `for (${name} : 0..${turns}) { @n[${name}] += 1; ${this.#block()} }`;
        break;
      case 2:
        made = `for (${name} : 0..${this.#loops > 1 ? turns : 128 + turns}) { ${this.#block()} }`;
        break;
      case 3:
        made = `for (${name} : 1..${open}) { @n[${name}] += 1; ${this.#block()} }`;
        break;
      case 4:
        made = `${name} = (int64)0; while (${name} < ${open}) { ${name}++; ${this.#block()} }`;
        break;
      default:
        made = `${name} = 0; while (${name} < ${turns}) { ${name}++; ${this.#block()} }`;
    }
    this.#loops--;
    return made;
  }

  #assign() {
    const old = this.#scope.number;
    if (old.length > 0 && this.#random.oneIn(3)) return `${this.#random.pick(old)} = (int64)(${this.#int(3)});`;
    const name = `$v${this.#names++}`;
    const made = `${name} = (int64)(${this.#int(3)});`;
    old.push(name);
    return made;
  }

  #text() {
    const name = `$s${this.#names++}`;
    const made = `let ${name} : string = ${this.#string()};`.replace(" : string", "");
    this.#scope.text.push(name);
    return made;
  }

  #pair() {
    const name = `$t${this.#names++}`;
    const made = `${name} = ((int64)(${this.#int(2)}), (int64)(${this.#int(2)}));`;
    this.#scope.pair.push(name);
    return made;
  }

  #store() {
    switch (this.#random.below(4)) {
      case 0:
        return `@n[${this.#int(2)}] = (int64)(${this.#int(2)});`;
      case 1:
        return `@k[${this.#int(1)}, ${this.#string()}] = (int64)(${this.#int(2)});`;
      case 2:
        return `@s[${this.#int(1)}] = ${this.#string()};`;
      default:
        return `@n[${this.#int(1)}] ${this.#random.pick(["+=", "-=", "*=", "&=", "|=", "^="])} ${this.#int(1)};`;
    }
  }

  #aggregate() {
    const kind = this.#random.pick([...aggregations, "count"]);
    const key = this.#random.pick(["", `[${this.#int(1)}]`, `[${this.#string()}]`]);
    const name = `@${kind}${key === "" ? "" : key.includes('"') || key.includes("$s") ? "_s" : "_i"}`;
    const value = `(int64)(${this.#int(2)})`;
    const rest = kind === "lhist" ? ", -100, 1000, 25" : "";
    return `${name}${key} = ${kind}(${kind === "count" ? "" : `${value}${rest}`});`;
  }

  #string() {
    const { text } = this.#scope;
    if (text.length > 0 && this.#random.oneIn(3)) return this.#random.pick(text);
    const made = `"${this.#random.pick(texts)}"`;
    return this.#random.oneIn(4) ? `(${this.#condition(1)} ? ${made} : "${this.#random.pick(texts)}")` : made;
  }

  /** A condition. @param {number} depth @returns {string} */
  #condition(depth) {
    const pick = this.#random.below(8);
    if (pick === 0 && depth > 0)
      return `(${this.#condition(depth - 1)} ${this.#random.pick(["&&", "||"])} ${this.#condition(depth - 1)})`;
    if (pick === 1 && depth > 0) return `!(${this.#condition(depth - 1)})`;
    if (pick === 2 && this.#scope.text.length > 0)
      return `${this.#random.pick(this.#scope.text)} ${this.#random.pick(["==", "!="])} "${this.#random.pick(texts)}"`;
    if (pick === 3) return `has_key(@n, ${this.#int(1)})`;
    return `${this.#int(depth)} ${this.#random.pick(["==", "!=", "<", "<=", ">", ">="])} ${this.#int(depth)}`;
  }

  /** A signed 64-bit expression, or a literal. @param {number} depth @returns {string} */
  #int(depth) {
    if (depth <= 0 || this.#random.oneIn(5)) return this.#leaf();
    switch (this.#random.below(8)) {
      case 0:
        return `(int64)(${this.#random.pick(widths)})(${this.#int(depth - 1)})`;
      case 1:
        return `(int64)(${this.#unsigned(depth - 1)})`;
      case 2:
        return `(${this.#condition(depth - 1)} ? ${this.#int(depth - 1)} : ${this.#int(depth - 1)})`;
      case 3:
        return `(${this.#random.pick(["-", "~"])}(${this.#int(depth - 1)}))`;
      case 4:
        return `(${this.#int(depth - 1)} ${this.#random.pick(["<<", ">>"])} ${this.#random.below(64)})`;
      default: {
        const op = this.#random.pick(["+", "-", "*", "&", "|", "^", "/", "%"]);
        return `((int64)(${this.#int(depth - 1)}) ${op} (int64)(${this.#divisor(depth - 1, op)}))`;
      }
    }
  }

  /** An unsigned 64-bit expression. @param {number} depth */
  #unsigned(depth) {
    const op = this.#random.pick(["+", "-", "*", "&", "|", "^", "/", "%", ">>"]);
    const right = op === ">>" ? `${this.#random.below(64)}` : `(uint64)(${this.#divisor(depth, op)})`;
    return `(uint64)(${this.#int(depth)}) ${op} ${right}`;
  }

  /** A right operand; a divisor that is plainly 0 is refused. @param {number} depth @param {string} op */
  #divisor(depth, op) {
    const made = this.#int(depth);
    return (op === "/" || op === "%") && made === "0" ? "3" : made;
  }

  #leaf() {
    const { number, pair } = this.#scope;
    const pick = this.#random.below(8);
    if (pick < 2 && number.length > 0) return this.#random.pick(number);
    if (pick === 2 && pair.length > 0) return `${this.#random.pick(pair)}.${this.#random.below(2)}`;
    if (pick === 3) return `@n[${this.#random.below(4)}]`;
    if (pick < 7) return `@in${this.#random.below(INPUTS)}`;
    return this.#random.pick(numbers);
  }
}
