// The schema of e-mail addresses, apart from their rule: it loads zod, which a login does without.
import { z } from "zod";
import { isEmail } from "./claims.ts";

/** An e-mail address. */
export const emailText: z.ZodString = z.string().max(254)
  .refine(isEmail, { error: "an e-mail address such as ada@example.com" }).meta({ format: "email" });
