/**
 * The verifier's commonest reasons, explained: what it means and what to do about it. Reasons are
 * worded differently from version to version; the patterns fit those of 5.10 to the newest, and each
 * hint is proven by a program that the running kernel refuses for it (see hints.kernel.test.ts).
 */
export interface Hint {
  readonly id: string;
  readonly pattern: RegExp;
  /** What the verifier found, as a sentence. */
  readonly means: string;
  /** What to do about it, as a sentence. */
  readonly advice: string;
}

/** The hint for a reason; undefined if it is none of the common ones. */
export function hintFor(reason: string): Hint | undefined {
  return hints().find(({ pattern }) => pattern.test(reason));
}

/** In order: the first whose pattern fits. */
export function hints(): readonly Hint[] {
  return [
    {
      id: "null",
      pattern:
        /invalid mem access '\w+_or_null'|_or_null prohibited|expected=.*\btype=\w+_or_null|type=\w+_or_null expected/,
      means: "The address comes from a call that may fail, and then it is null.",
      advice: "Compare it with 0 and use it only on the branch where it is not.",
    },
    {
      id: "kernel-write",
      pattern: /only read is supported|cannot write into|write into (?:rdonly|kernel)/,
      means: "Programs may read the kernel's structs, not change them.",
      advice: "Copy what is needed and change the copy, or use a helper made for this change.",
    },
    {
      id: "read-only",
      pattern: /write into map forbidden|cannot write to read-only|into rdonly_/,
      means: "The memory is read-only for programs.",
      advice: "Write to another map, or create this one without BPF_F_RDONLY_PROG.",
    },
    {
      id: "not-a-pointer",
      pattern: /invalid mem access '(?:scalar|inv)'/,
      means: "The register holds a number, not an address that the verifier knows to be valid.",
      advice:
        "Read memory behind such an address with bpf_probe_read_kernel or bpf_probe_read_user; an address that was stored in a map or computed from numbers is a number from then on.",
    },
    {
      id: "no-result",
      pattern: /^R0 !read_ok/m,
      means: "The program can end (or use r0) without having put a result into r0.",
      advice: "Set r0 on every path before exit.",
    },
    {
      id: "uninitialized",
      pattern: /R\d+ !read_ok/,
      means: "The register is read but nothing was put into it on this path; each call also clears r1 to r5.",
      advice: "Set it before, or keep values that calls must not clear in r6 to r9 or on the stack.",
    },
    {
      id: "unbounded",
      pattern: /unbounded memory access|unbounded min value|makes \w+ pointer be out of bounds|variable-offset/,
      means: "The length or index has no limit that the verifier knows.",
      advice:
        "Bound it just before its use, by a comparison with a constant or by & with a mask, in the same register.",
    },
    {
      id: "negative",
      pattern: /min value is negative|is negative, either use unsigned/,
      means: "The length or index may be negative.",
      advice: "Make it unsigned, mask it with &, or check that it is not below 0 before its use.",
    },
    {
      id: "packet",
      pattern: /invalid access to packet|outside of the packet/,
      means: "The packet may end before these bytes.",
      advice: "Compare the address plus the length with data_end first, and read only where it fits.",
    },
    {
      id: "outside-value",
      pattern: /invalid access to (?:map value|memory|map key)|outside of the allowed memory range/,
      means: "The access goes, or may go, beyond the end of the value.",
      advice: "Keep index plus size within value_size: compare with it or mask the index, or make the value larger.",
    },
    {
      id: "beyond-struct",
      pattern: /access beyond struct|access beyond the end of member/,
      means: "The kernel's struct ends before these bytes.",
      advice: "Take the field's offset from the running kernel's types (CO-RE) instead of a constant.",
    },
    {
      id: "misaligned",
      pattern: /misaligned/,
      means: "The address is not a multiple of the size of the access.",
      advice: "Align the variable, or access it in smaller pieces.",
    },
    {
      id: "endless-loop",
      pattern: /infinite loop detected|back-edge from insn/,
      means:
        "The loop comes back to its start with nothing changed, so it may never end (before 5.3 any loop is refused).",
      advice: "Count it with a variable that the condition tests against a constant.",
    },
    {
      id: "complexity",
      pattern: /program is too large|jumps is too complex|too many states|program too large/,
      means: "The verifier gave up: it walks through every path, and there are more than it is ready to.",
      advice:
        "Use fewer branches and shorter loops, put repeated code into a subprogram or bpf_loop, or split the program.",
    },
    {
      id: "stack-depth",
      pattern: /combined stack size|stack depth|call stack of \d+ frames is too deep|the call stack/,
      means: "The functions that call each other need more than 512 bytes of stack together (or are more than 8 deep).",
      advice: "Move large variables into a map (a per-CPU array of one value serves as scratch), or inline the call.",
    },
    {
      id: "stack-bounds",
      pattern:
        /invalid write to stack|invalid stack (?:off|type)|invalid unbounded variable-offset|write to stack R\d+/,
      means: "The write goes outside of the 512 bytes of stack below r10.",
      advice: "Move large variables into a map (a per-CPU array of one value serves as scratch), and bound any index.",
    },
    {
      id: "uninitialized-stack",
      pattern: /invalid (?:indirect |zero-sized )?(?:indirect )?(?:access|read)(?: to| from) stack/,
      means: "These bytes of the stack were not written before on this path, or lie outside of its 512 bytes.",
      advice: "Write all of the variable first, its padding too, before it is read or its address goes to a helper.",
    },
    {
      id: "no-such-helper",
      pattern: /invalid func \w+#\d+/,
      means: "This kernel has no helper of this number.",
      advice: "Choose another way on kernels as old as this one; 'sonde features' tells which helpers it has.",
    },
    {
      id: "helper-not-here",
      pattern: /unknown func \w+#\d+|cannot use helper|calling kernel function \S+ is not allowed/,
      means: "This kernel does not let programs of this type call this function.",
      advice: "Use another helper or another type of probe; 'sonde features' tells which helpers go with which.",
    },
    {
      id: "gpl",
      pattern: /GPL-restricted|GPL.compatible/,
      means: "The function is for programs under a license compatible with the GPL.",
      advice: 'Declare the license "GPL" (or "Dual BSD/GPL", "Dual MIT/GPL") if the program\'s really is.',
    },
    {
      id: "modified-context",
      pattern: /dereference of modified ctx|variable ctx access/,
      means: "The context may only be read at constant offsets from the pointer that the program was given.",
      advice: "Keep that pointer unchanged, and put the offset into the access itself.",
    },
    {
      id: "context",
      pattern: /invalid bpf_context access/,
      means:
        "The context of this type of program has no field there, or it must not be accessed with this size or written.",
      advice: "Read a field that this kernel offers, with its own size: 'sonde list -v PROBE' shows the arguments.",
    },
    {
      id: "leak",
      pattern: /leaks addr|partial copy of pointer|pointer comparison prohibited/,
      means: "A program loaded without CAP_PERFMON must not let the kernel's addresses out.",
      advice: "Give CAP_PERFMON (or run as root), or keep addresses out of results, maps and comparisons.",
    },
    {
      id: "pointer-arithmetic",
      pattern: /pointer arithmetic|pointer [-+]= pointer|subtract(?:ion)? (?:from|pointer)|math between/,
      means: "Addresses may only be moved by adding or subtracting a number, in all 64 bits.",
      advice: "Compute the offset in a register of its own and add it to the address at the end.",
    },
    {
      id: "unreleased",
      pattern: /Unreleased reference|reference leak|reference has not been acquired/,
      means: "Something that was reserved or acquired is not given back on this path.",
      advice: "Submit or discard (ring buffer), release or put it on every path to exit, those of errors too.",
    },
    {
      id: "map-type",
      pattern: /cannot pass map_type|cannot pass map/,
      means: "The helper does not work on maps of this type.",
      advice: "Create the map with the type that the helper is for.",
    },
    {
      id: "argument-type",
      pattern:
        /R\d+ type=\S+ expected=|arg#?\d+ .*(?:expected|must)|has no valid kptr|invalid argument|pointer type \w+ \w+ must point/,
      means: "The function's argument is not of the kind that it takes.",
      advice: "Pass what is named after 'expected': fp is an address on the stack, map_value one in a looked-up value.",
    },
    {
      id: "jump",
      pattern: /jump out of range|jump into the middle/,
      means: "A jump leads out of the function, or into the middle of a two-slot instruction.",
      advice: "Jump to labels of the same function; distances count slots, of which a 64-bit load has two.",
    },
    {
      id: "no-exit",
      pattern: /last insn is not an exit|no exit/,
      means: "The last instruction would run on beyond the function's end.",
      advice: "End every function with exit, or a jump back.",
    },
    {
      id: "unreachable",
      pattern: /unreachable insn/,
      means: "No path leads to this instruction.",
      advice: "Remove it, or mend the jump that should lead there.",
    },
    {
      id: "sleepable",
      pattern: /can be sleepable|might sleep|sleepable|in atomic context/,
      means: "Sleepable code was used where the kernel cannot wait, or this type of program cannot be sleepable.",
      advice:
        "Drop BPF_F_SLEEPABLE and such helpers (bpf_copy_from_user), or attach to fentry, LSM or an iterator as sleepable.",
    },
    {
      id: "result-range",
      pattern: /At (?:program|subprogram|async callback) exit the register R0|should have been in/,
      means: "What the program returns is not among the results that its type allows.",
      advice: "Return a constant of the allowed range on every path.",
    },
    {
      id: "constant-operand",
      pattern: /div by zero|invalid shift/,
      means: "Division by the constant zero, or a shift by as many bits as the register has or more.",
      advice: "Mend the constant; the verifier never takes such an instruction, reached or not.",
    },
    {
      id: "frame-pointer",
      pattern: /frame pointer is read only/,
      means: "The frame pointer r10 must not be changed.",
      advice: "Copy it into another register and change that.",
    },
    {
      id: "opcode",
      pattern: /unknown opcode|uses reserved fields|invalid BPF_\w+ (?:mode|insn)|unknown insn/,
      means: "This kernel does not know the instruction.",
      advice: "Compile for an older instruction set (clang -mcpu=v2 or v3), and check hand-made encodings.",
    },
  ];
}
