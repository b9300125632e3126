/** Where struct pt_regs (on arm64 user_pt_regs) keeps the registers that the arguments of a usdt probe are in. */

/** Bytes into the registers, by the name in the probe's note without its "%"; undefined for a name that is none. */
export function registerOffset(name: string, arch: string = process.arch): number | undefined {
  return arch === "arm64" ? arm64Offset(name) : x64Offset(name);
}

/** Registers have names by width: rax, eax, ax, al. */
function x64Offset(name: string): number | undefined {
  const numbered = /^r(8|9|1[0-5])[dwb]?$/.exec(name);
  if (numbered !== null) return { 8: 72, 9: 64, 10: 56, 11: 48, 12: 24, 13: 16, 14: 8, 15: 0 }[Number(numbered[1])];
  const letters = /^[re]?([a-d])[xl]$/.exec(name)?.[1];
  if (letters !== undefined) return { a: 80, b: 40, c: 88, d: 96 }[letters];
  const wide = /^[re]?(si|di|bp|sp|ip)l?$/.exec(name)?.[1];
  return wide === undefined ? undefined : { si: 104, di: 112, bp: 32, sp: 152, ip: 128 }[wide];
}

function arm64Offset(name: string): number | undefined {
  if (name === "sp") return 31 * 8;
  const number = /^[xw](\d+)$/.exec(name)?.[1];
  return number === undefined || Number(number) > 30 ? undefined : Number(number) * 8;
}
