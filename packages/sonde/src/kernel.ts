export * from "@sonde/kernel";
