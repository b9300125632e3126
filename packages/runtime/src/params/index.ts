/** Values of parameters: checked, encoded, and put into an object before it is loaded. */
export { checkParam, ParamError, type ParamValue } from "./check.ts";
export { encodeParam, withParams } from "./encode.ts";
export { withPlaces } from "./places.ts";
