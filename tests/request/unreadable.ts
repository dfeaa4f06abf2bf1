/** A value that V8 writes and cannot read, to be put into the database by hand. */
export function unreadable(): unknown {
  let value: unknown = 1;
  for (let level = 0; level < 2700; level++) value = { a: value };
  return value;
}
