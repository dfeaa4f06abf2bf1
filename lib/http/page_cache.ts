// Parts of long answers as bytes, so that many who ask for the same at the same time share the work and the memory.

/** Parts of answers. */
export interface PageCache {
  /**
   * A part: the one that is kept, or being made, under a name, else a new one.
   *
   * @param name Another one wherever anything is different.
   */
  readonly get: (name: string, make: () => Promise<Uint8Array>) => Promise<Uint8Array>;
}

/** The most that is kept, in bytes; what nobody has asked for the longest gives way. */
const MAX_PAGES_BYTES = 8 * 1024 * 1024;

/** Makes an empty cache. */
export function createPageCache(maxBytes: number = MAX_PAGES_BYTES): PageCache {
  const pages = new Map<string, Promise<Uint8Array>>();
  const sizes = new Map<string, number>();
  let bytes = 0;

  function forget(name: string): void {
    bytes -= sizes.get(name) ?? 0;
    sizes.delete(name);
    pages.delete(name);
  }

  function keep(name: string, { byteLength }: Uint8Array): void {
    bytes += byteLength;
    sizes.set(name, byteLength);
    // The map's order is that of the last use.
    for (const oldest of pages.keys()) {
      if (bytes <= maxBytes) return;
      forget(oldest);
    }
  }

  return {
    get: (name, make) => {
      const known = pages.get(name);
      pages.delete(name);
      const page = known ?? make();
      pages.set(name, page);
      if (!known) page.then((made) => pages.get(name) === page && keep(name, made), () => forget(name));
      return page;
    },
  };
}
