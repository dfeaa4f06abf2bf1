// What the authorization server says of a client ID metadata document that it cannot use, and of a client_id that it does
// not know. It says so to people, and the judge reads in a recorded response which of these it was.

/** Parts of error texts; none has characters that HTML or JSON would escape. */
export const documentErrors = {
  url: "client_id is not the URL of a client metadata document",
  unusable: "The client metadata document cannot be used",
  /** Stands in every text about a URL, also where the document could not be fetched. */
  expected: "where a client metadata document lies",
} as const;

/** What it says of a client_id that it has not issued; without characters that HTML or JSON would escape. */
export const UNKNOWN_CLIENT = "client_id is not registered here";
