export * from "@sonde/bpf/asm";
