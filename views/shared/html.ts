// The two types of Preact that pages are made of, in the terms that matter here.

/** A piece of a page: what JSX makes. */
export interface Html {
  /** Element name, or the function that makes the piece. */
  readonly type: unknown;
  readonly props: unknown;
}

/** What may stand inside a piece of a page. */
export type Content =
  | Html
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly Content[];
