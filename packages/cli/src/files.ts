/** Why a file could not be read or written, in words that name it. */

/** A file that cannot be used; the cause is node's error, of which the message tells all. */
export class FileError extends Error {
  override readonly name: string = "FileError";

  /**
   * @param failed what could not be done: "cannot read the script"
   * @param cause an error of node:fs about `file`
   */
  constructor(failed: string, file: string, cause: unknown, problem: string = fileProblem(file, cause)) {
    super(`${failed}: ${problem}`, { cause });
  }
}

/** For an error of node:fs: "there is no file /x.bt". */
function fileProblem(file: string, error: unknown): string {
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
