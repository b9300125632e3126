/** Memory to decode from: one DataView for numbers and one Buffer for text over the same bytes. */
export class Bytes {
  readonly view: DataView;
  readonly buffer: Buffer;

  constructor(memory: ArrayBufferView) {
    const { buffer, byteOffset, byteLength } = memory;
    this.view = memory instanceof DataView ? memory : new DataView(buffer, byteOffset, byteLength);
    this.buffer = Buffer.from(buffer, byteOffset, byteLength);
  }
}
