/**
 * Runs the program that a line table is written as. The machine has one row in its registers; opcodes
 * change it and put it down. A special opcode does all at once: it moves on by some bytes and some lines,
 * both in one number, and puts the row down.
 *
 *     opcode - firstSpecial = address advance * lineRange + (line advance - lineBase)
 */
import { DwarfError } from "./errors.ts";
import type { LineHeader } from "./line-header.ts";
import { Rows } from "./line-table.ts";

/** Rows of one unit: above the largest of large programs, below what would not fit into memory. */
const MAX_ROWS = 1 << 22;

const LNS = {
  extended: 0,
  copy: 1,
  advancePc: 2,
  advanceLine: 3,
  setFile: 4,
  setColumn: 5,
  negateStatement: 6,
  basicBlock: 7,
  constAddPc: 8,
  fixedAdvancePc: 9,
} as const;

const LNE = { endSequence: 1, setAddress: 2 } as const;

export function runLineProgram(header: LineHeader): Rows {
  const { program, smallestInstruction, lineBase, lineRange, firstSpecial, operands } = header;
  const rows = new Rows();
  let address = 0;
  let file = 1;
  let line = 1;
  let column = 0;
  let statement = header.isStatement;
  const put = (): void => {
    if (rows.count === MAX_ROWS) throw new DwarfError(`.debug_line: more than ${MAX_ROWS} rows for one unit`);
    rows.add(address, file, line, column, statement);
  };

  while (!program.atEnd) {
    const opcode = program.u8();
    if (opcode >= firstSpecial) {
      const step = opcode - firstSpecial;
      address += Math.floor(step / lineRange) * smallestInstruction;
      line += lineBase + (step % lineRange);
      put();
      continue;
    }
    switch (opcode) {
      case LNS.extended: {
        const size = program.count();
        const end = program.at + size;
        const extended = size === 0 ? undefined : program.u8();
        if (extended === LNE.setAddress) address = program.address(size - 1);
        else if (extended === LNE.endSequence) {
          rows.endSequence(address);
          [address, file, line, column, statement] = [0, 1, 1, 0, header.isStatement];
        }
        program.take(end - program.at);
        break;
      }
      case LNS.copy:
        put();
        break;
      case LNS.advancePc:
        address += program.count() * smallestInstruction;
        break;
      case LNS.advanceLine:
        line += Number(program.sleb());
        break;
      case LNS.setFile:
        file = program.count();
        break;
      case LNS.setColumn:
        column = program.count();
        break;
      case LNS.negateStatement:
        statement = !statement;
        break;
      case LNS.constAddPc:
        address += Math.floor((255 - firstSpecial) / lineRange) * smallestInstruction;
        break;
      case LNS.fixedAdvancePc:
        address += program.u16();
        break;
      default:
        // The header says how many operands an opcode has that is not known here, so that it can be passed over.
        for (let i = operands[opcode - 1] ?? 0; i > 0; i--) program.skipLeb();
    }
  }
  return rows;
}
