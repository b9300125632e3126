import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { demangle } from "./index.ts";

/** Each is what `c++filt -i` says. */
const NAMES: readonly (readonly [mangled: string, want: string])[] = [
  ["_Z4mainv", "main()"],
  ["_ZNK3foo3barIiEEvPKc", "void foo::bar<int>(char const*) const"],
  ["_ZN3FooC2ERKS_", "Foo::Foo(Foo const&)"],
  ["_ZNSsC1Ev", "std::basic_string<char, std::char_traits<char>, std::allocator<char> >::basic_string()"],
  ["_Z1fSs", "f(std::string)"],
  ["_ZN12_GLOBAL__N_14workEi.cold", "(anonymous namespace)::work(int) [clone .cold]"],
  ["_Z1fPFvPFiiEE", "f(void (*)(int (*)(int)))"],
  ["_Z1fPFPFvcEiE", "f(void (*(*)(int))(char))"],
  ["_Z1fRA3_A4_Ki", "f(int const (&) [3][4])"],
  ["_Z1fM3FooKFivE", "f(int (Foo::*)() const)"],
  ["_Z1fIiERiOT_", "int& f<int>(int&&)"],
  ["_Z1fIRiEvOT_", "void f<int&>(int&)"],
  ["_Z1fIJidEEvDpRKT_", "void f<int, double>(int const&, double const&)"],
  ["_ZN1AcvT_IiEEv", "A::operator int<int>()"],
  ["_ZZ4mainENKUliE_clEi", "main::{lambda(int)#1}::operator()(int) const"],
  ["_ZThn16_N1D1fEv", "non-virtual thunk to D::f()"],
  ["_ZTVN3foo3barE", "vtable for foo::bar"],
  ["_ZGVZ1fvE1x", "guard variable for f()::x"],
  [
    "_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE5c_strB5cxx11Ev",
    "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >::c_str[abi:cxx11]()",
  ],
  ["_Z1fIiEDTplfp_Li1EET_", "decltype ({parm#1}+(1)) f<int>(int)"],
  [
    "_ZN4core3ptr42drop_in_place$LT$alloc..string..String$GT$17h0123456789abcdefE",
    "core::ptr::drop_in_place<alloc::string::String>",
  ],
  ["_RNvMs_NtCs1234_7mycrate3fooNtB4_3Bar3baz", "<mycrate::foo::Bar>::baz"],
  ["_RNvXCs6xxl1lAjzDf_1aINtB2_1AKj7_Kc78_Kb1_ENtB2_1T2goB2_", "<a::A<7, 'x', true> as a::T>::go"],
];

/** GNU's tools themselves write "> >" now and then as ">>", after a pack that turned out to be empty. */
const spaced = (name: string): string => name.replace(/> (?=>)/g, ">");

const filt = (names: readonly string[]): string[] =>
  execFileSync("c++filt", ["-i"], { input: names.join("\n"), encoding: "utf8", maxBuffer: 1 << 28 })
    .trim()
    .split("\n");

function differences(names: readonly string[]): string[] {
  const want = filt(names);
  assert.equal(want.length, names.length);
  return names
    .map((name, i) => ({ name, got: demangle(name) ?? name, want: want[i] ?? "" }))
    .filter(({ got, want }) => spaced(got) !== spaced(want))
    .map(({ name, got, want }) => `${name}\n  got  ${got}\n  want ${want}`);
}

test("one name of each kind", () => {
  for (const [mangled, want] of NAMES) assert.equal(demangle(mangled), want);
  assert.deepEqual(differences(NAMES.map(([mangled]) => mangled)), []);
});

test("every symbol of the C++ library and of Clang is what c++filt says", () => {
  const library = execFileSync("g++", ["-print-file-name=libstdc++.a"], { encoding: "utf8" }).trim();
  const clang = execFileSync("llvm-config-16", ["--libdir"], { encoding: "utf8" }).trim();
  const nm = (...args: readonly string[]): string =>
    execFileSync("nm", args, { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] });
  const all = nm(library) + nm("-D", `${clang}/libclang-cpp.so.16`);
  const names = [...new Set(all.match(/\b_Z[^@\s]+/g))];
  assert.ok(names.length > 40_000, `${names.length} names`);
  assert.deepEqual(differences(names), []);
});

test("Rust's symbols, mangled in both ways, are what c++filt says", () => {
  // Of a program with generic constants, closures, function pointers, trait objects and names in other scripts.
  const text = readFileSync(new URL("../../testdata/rust-names.txt", import.meta.url), "utf8");
  const names = text.trim().split("\n");
  // binutils 2.40 neither escapes a quote nor knows characters beyond ASCII in the older mangling.
  const better = [
    ["_RNvXCs6xxl1lAjzDf_1aINtB2_1AKj8_Kc27_Kb0_ENtB2_1T2goB2_", "<a::A<8, '\\'', false> as a::T>::go"],
    ["_ZN1a15_$u6a21$$u5757$15_$u51fd$$u6570$17h8b9062321064fccbE", "a::模块::函数"],
    ["_ZN1a9g$uf6$del17h686f46af861b8350E", "a::gödel"],
  ] as const;
  for (const [mangled, want] of better) {
    assert.ok(names.includes(mangled));
    assert.equal(demangle(mangled), want);
  }
  const known = new Set<string>(better.map(([mangled]) => mangled));
  assert.deepEqual(differences(names.filter((name) => !known.has(name))), []);
});

test("what is no mangled name, or damaged, has none", () => {
  const rows = [
    "",
    "main",
    "_Z",
    "_ZN",
    "_Z1",
    "_Z99999999999f",
    "_ZN3fooE.",
    "_Z1fIT_EvT_",
    "_ZS_",
    "_R",
    "_RB_",
    "_RNvC1",
  ];
  for (const name of rows) assert.equal(demangle(name), undefined, name);
});

test("a name that would never end is given up", () => {
  // A<int, int>, then A of the one before twice, and so on: 2^35 times "int".
  const seq = (i: number): string => `S${i.toString(36).toUpperCase()}_`;
  const levels = Array.from({ length: 35 }, (_, i) => `S_I${seq(i).repeat(2)}E`);
  const doubling = `_Z1f1AIiiE${levels.join("")}`;
  assert.equal(demangle(`_Z1f1AIiiE${levels[0]}`), "f(A<int, int>, A<A<int, int>, A<int, int> >)");
  assert.equal(demangle(doubling), undefined);
  assert.equal(demangle(`_Z1f${"P".repeat(100_000)}i`), undefined);
  assert.equal(demangle(`_RC${"B_".repeat(50_000)}`), undefined);
});

test("no damage makes it fail otherwise than by giving up", () => {
  for (const [name] of NAMES) {
    for (let at = 2; at < name.length; at++) {
      demangle(name.slice(0, at) + name.slice(at + 1));
      for (const other of "0_EINSTZXJDCLKMFPi9") demangle(name.slice(0, at) + other + name.slice(at + 1));
    }
  }
});
