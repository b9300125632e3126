export * from "@sonde/bpf/vm";
