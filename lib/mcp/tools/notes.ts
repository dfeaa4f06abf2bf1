// The tools that keep notes. Whose notes a call sees is decided before it gets here.
import type { CallToolResult } from "@modelcontextprotocol/server";
import { z } from "zod";
import { MAX_NOTES_PER_OWNER, type NoteRecord } from "./note_table.ts";
import { type DefinedTool, defineTool, failureResult, READS, structuredResult } from "./tool.ts";

/** The store holds 65,536 bytes a value, and a character takes two of them as soon as one of the note's is not Latin-1. */
export const MAX_NOTE_CHARACTERS = 30_000;
/** All notes together, since one call lists them all. */
export const MAX_NOTES_CHARACTERS = 500_000;

const noteSchema = z.object({
  id: z.string(),
  title: z.string(),
  content: z.string(),
  created_at: z.number().describe("Milliseconds since 1970"),
  updated_at: z.number().describe("Milliseconds since 1970"),
});

const WRITES = Object.freeze({ readOnlyHint: false, openWorldHint: false });

function noteResult(note: NoteRecord): CallToolResult {
  return structuredResult({ ...note });
}

function notFound(searched: { readonly id: string } | { readonly title: string }): CallToolResult {
  return failureResult(JSON.stringify({ error: "Note not found", ...searched }, null, 2));
}

function tooLong(note: NoteRecord): CallToolResult | undefined {
  const length = lengthOf(note);
  if (length <= MAX_NOTE_CHARACTERS) return undefined;
  const error = `Note too long: title and content have ${length} characters, ${MAX_NOTE_CHARACTERS} are accepted`;
  return failureResult(JSON.stringify({ error }, null, 2));
}

function tooLongTogether(notes: readonly NoteRecord[]): CallToolResult | undefined {
  const length = notes.reduce((sum, note) => sum + lengthOf(note), 0);
  if (length <= MAX_NOTES_CHARACTERS) return undefined;
  const error =
    `Notes too long: all have ${length} characters, ${MAX_NOTES_CHARACTERS} are accepted, delete some first`;
  return failureResult(JSON.stringify({ error }, null, 2));
}

function lengthOf({ title, content }: NoteRecord): number {
  return title.length + content.length;
}

/** Names, parameters and texts are the original's; other projects depend on them. */
export const noteTools: readonly DefinedTool[] = Object.freeze([
  defineTool({
    name: "mock_create_note",
    title: "Create a note",
    description: "Creates a note and returns it with its id.",
    input: z.object({
      title: z.string().describe("Title of the note; others may have the same"),
      content: z.string().describe("Text of the note"),
    }),
    output: noteSchema,
    annotations: { ...WRITES, destructiveHint: false, idempotentHint: false },
    run: async ({ title, content }, { sandbox, chance, notes }) => {
      const nowMs = sandbox.nowMs;
      const id = `note-${nowMs}-${chance.base36(7)}`;
      const note = { id, title, content, created_at: nowMs, updated_at: nowMs };
      const refused = tooLong(note);
      if (refused) return refused;
      const mine = notes();
      const all = await mine.list();
      if (all.length >= MAX_NOTES_PER_OWNER) {
        const error = `Too many notes: ${MAX_NOTES_PER_OWNER} are accepted, delete some first`;
        return failureResult(JSON.stringify({ error }, null, 2));
      }
      const refusedTogether = tooLongTogether([...all, note]);
      if (refusedTogether) return refusedTogether;
      await mine.put(note);
      return noteResult(note);
    },
  }),
  defineTool({
    name: "mock_list_notes",
    title: "List notes",
    description: "Returns all notes, newest first.",
    input: z.object({}),
    output: z.object({ count: z.number().int(), notes: z.array(noteSchema) }),
    annotations: READS,
    run: async (_, { notes }) => {
      const all = await notes().list();
      return structuredResult({ count: all.length, notes: all });
    },
  }),
  defineTool({
    name: "mock_get_note",
    title: "Get a note",
    description: "Returns the note with an id.",
    input: z.object({ id: z.string().describe("Id of the note") }),
    output: noteSchema,
    annotations: READS,
    run: async ({ id }, { notes }) => {
      const note = await notes().get(id);
      return note ? noteResult(note) : notFound({ id });
    },
  }),
  defineTool({
    name: "mock_get_note_by_title",
    title: "Get a note by title",
    description: "Returns the newest note with a title.",
    input: z.object({ title: z.string().describe("Title to look for, exactly") }),
    output: noteSchema,
    annotations: READS,
    run: async ({ title }, { notes }) => {
      const note = (await notes().list()).find((candidate) => candidate.title === title);
      return note ? noteResult(note) : notFound({ title });
    },
  }),
  defineTool({
    name: "mock_update_note",
    title: "Update a note",
    description: "Replaces a note's title, its content, or both.",
    input: z.object({
      id: z.string().describe("Id of the note"),
      title: z.string().optional().describe("New title; kept if absent"),
      content: z.string().optional().describe("New text; kept if absent"),
    }),
    output: noteSchema,
    annotations: { ...WRITES, destructiveHint: true, idempotentHint: false },
    run: async ({ id, title, content }, { sandbox, notes }) => {
      const mine = notes();
      const old = await mine.get(id);
      if (!old) return notFound({ id });
      const note = { ...old, title: title ?? old.title, content: content ?? old.content, updated_at: sandbox.nowMs };
      const isLonger = lengthOf(note) > lengthOf(old);
      const others = async (): Promise<readonly NoteRecord[]> => (await mine.list()).filter((other) => other.id !== id);
      const refused = tooLong(note) ?? (isLonger ? tooLongTogether([...await others(), note]) : undefined);
      if (refused) return refused;
      await mine.put(note);
      return noteResult(note);
    },
  }),
  defineTool({
    name: "mock_delete_note",
    title: "Delete a note",
    description: "Removes the note with an id.",
    input: z.object({ id: z.string().describe("Id of the note") }),
    output: z.object({ success: z.literal(true), deleted_id: z.string() }),
    annotations: { ...WRITES, destructiveHint: true, idempotentHint: true },
    run: async ({ id }, { notes }) =>
      await notes().remove(id) ? structuredResult({ success: true, deleted_id: id }) : notFound({ id }),
  }),
  defineTool({
    name: "mock_clear_all_notes",
    title: "Delete all notes",
    description: "Removes all notes.",
    input: z.object({}),
    output: z.object({ success: z.literal(true), deleted_count: z.number().int() }),
    annotations: { ...WRITES, destructiveHint: true, idempotentHint: true },
    run: async (_, { notes }) => structuredResult({ success: true, deleted_count: await notes().clear() }),
  }),
]);
