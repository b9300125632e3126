export * from "@sonde/bpf/spec";
