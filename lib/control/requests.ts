/**
 * The shapes of what the smaller endpoints of the control API are sent.
 *
 * @module
 */
import { z } from "zod";
import type { DeclaredUser } from "../oauth/users/declared_users.ts";
import { clientText, closedObject, type Schema } from "../http/json_body.ts";

const time = z.union([z.number(), z.iso.datetime({ offset: true })], {
  error: "a time in milliseconds since 1970, or in ISO 8601",
});
const text = z.string().min(1).max(2048);
const texts = z.union([text, z.array(text).max(20)], { error: "a text, or a list of texts" });
const claims = z.record(z.string(), z.unknown());

/** No member at all. */
export const emptySchema: Schema<Readonly<Record<string, never>>> = closedObject({});

/** A way to move the clock. */
export type ClockMove =
  | { readonly advance_seconds: number }
  | { readonly set: number | string }
  | { readonly reset: true };

/** The clock, moved by some seconds, set to a time, or put back. */
export const clockMoveSchema: Schema<ClockMove> = z.union([
  closedObject({ advance_seconds: z.number().min(-1e12).max(1e12) }),
  closedObject({ set: time }),
  closedObject({ reset: z.literal(true) }),
], { error: '{"advance_seconds": 60}, {"set": a time in ms since 1970 or in ISO 8601}, or {"reset": true}' });

/** The sandbox that is to have a port of its own. */
export interface OriginRequest {
  /** Name of its scenario. */
  readonly scenario: string;
  /** Its label; drawn if not given. */
  readonly label?: string;
}

/** A scenario's name, and a label as it stands in a URL. */
export const originSchema: Schema<OriginRequest> = closedObject({
  scenario: z.string().min(1).max(100),
  label: z.string().regex(/^[a-z0-9-]{1,64}$/, { error: "1 to 64 of a-z 0-9 -" }).exactOptional(),
});

/** The two parts of a change to overrides; what stands in them is looked at when it is merged. */
export const patchBodySchema: Schema<Readonly<Partial<Record<"policy" | "mint", Record<string, unknown>>>>> =
  closedObject({
    policy: z.record(z.string(), z.unknown()).exactOptional(),
    mint: z.record(z.string(), z.unknown()).exactOptional(),
  });

/** A person to be declared. */
export interface UserRequest extends Pick<DeclaredUser, "email" | "password" | "name" | "roles" | "claims"> {
  /** Subject of the person's tokens; made of the address if not given. */
  readonly user_id?: string;
}

/** A person who can log in. */
export const userRequestSchema: Schema<UserRequest> = closedObject({
  email: z.email().max(254),
  password: text,
  name: text.exactOptional(),
  user_id: text.exactOptional(),
  roles: z.array(text).max(100).exactOptional(),
  claims: claims.exactOptional(),
});

/** What stands beside the metadata (RFC 7591 2) of a client that is made known. */
export interface ClientRequest {
  /** What it is called by; made up if not given. */
  readonly client_id?: string;
  /** Its secret; made up if not given and it needs one. */
  readonly client_secret?: string;
}

/** A client; its metadata is read as that of a registration. */
export const clientRequestSchema: Schema<ClientRequest> = z.looseObject({
  client_id: clientText.refine((id) => !/^https?:/i.test(id), { error: "no URL: that would be looked up there" })
    .exactOptional(),
  client_secret: clientText.exactOptional(),
});

/** A token to be minted. */
export interface MintRequest {
  /** Whose: an e-mail address, or the claims of somebody made up. */
  readonly user?: string | Readonly<Record<string, unknown>>;
  /** The client it is issued to; `control` if not given. */
  readonly client_id?: string;
  /** What for. */
  readonly scope?: string;
  /** Its life in seconds, which may be over already; what the plan says if not given. */
  readonly expires_in?: number;
  /** The resource it is for; `/oauth` if not given. */
  readonly resource?: string | readonly string[];
  /** The same under the name it has in the token. */
  readonly audience?: string | readonly string[];
  /** Claims that replace those of the token, whatever they say. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Whether there is to be a refresh token beside it. */
  readonly refresh_token?: boolean;
}

/** A token, and whose it is. */
export const mintRequestSchema: Schema<MintRequest> = closedObject({
  user: z.union([z.email(), claims], { error: "an e-mail address, or an object of claims" }).exactOptional(),
  client_id: clientText.exactOptional(),
  scope: z.string().max(4096).exactOptional(),
  expires_in: z.number().int().min(-1e9).max(1e10).exactOptional(),
  resource: texts.exactOptional(),
  audience: texts.exactOptional(),
  claims: claims.exactOptional(),
  refresh_token: z.boolean().exactOptional(),
}).refine(({ resource, audience }) => resource === undefined || audience === undefined, {
  error: "resource or audience, not both",
  path: ["audience"],
});

/** What is taken back. */
export type Revocation =
  | { readonly token: string }
  | { readonly session_id: string }
  | { readonly client_id: string }
  | { readonly all: true };

/** One token (with a refresh token, its login), one login, all of a client's, or all there are. */
export const revocationSchema: Schema<Revocation> = z.union([
  closedObject({ token: z.string().min(1) }),
  closedObject({ session_id: text }),
  closedObject({ client_id: text }),
  closedObject({ all: z.literal(true) }),
], { error: 'one of {"token": ...}, {"session_id": ...}, {"client_id": ...} and {"all": true}' });

/** A rotation of keys. */
export interface RotationRequest {
  /** How long the old ones verify; as long as they are kept if not given. */
  readonly keep_old_seconds?: number;
}

/** New keys, and how long the old ones go on verifying. */
export const rotationSchema: Schema<RotationRequest> = closedObject({
  keep_old_seconds: z.number().min(0).max(1e10).exactOptional(),
});

/** What can be wrong with keys, and that nothing is. */
export const breakages = ["wrong_signature", "foreign_key", "missing_key", "none"] as const;

/** A way to break keys. */
export interface BreakRequest {
  /** What is to be wrong. */
  readonly how: typeof breakages[number];
}

/** Signatures that fit no key, tokens of a key that nobody knows, a key set without the key that signs; or none of them. */
export const breakSchema: Schema<BreakRequest> = closedObject({ how: z.enum(breakages) });
