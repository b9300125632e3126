export * from "@sonde/bpf/elf";
