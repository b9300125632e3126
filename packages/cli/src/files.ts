/** Why a file could not be read or written, in words that name it. */

/** For an error of node:fs: "there is no file /x.bt". */
export function fileProblem(file: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case "ENOENT":
      return `there is no file ${file}`;
    case "ENOTDIR":
      return `a part of the path ${file} is not a directory`;
    case "EISDIR":
      return `${file} is a directory`;
    case "EACCES":
      return `permission to open ${file} is denied`;
    default:
      return `${file}: ${message}`;
  }
}
