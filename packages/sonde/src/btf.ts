export * from "@sonde/bpf/btf";
