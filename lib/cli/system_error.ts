// What the operating system refuses, as every runtime reports it.

/** Whether an error is the system's of this code, such as `EPIPE`. */
export function isOfSystem(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
