// The tasks that calls have become: each belongs to one owner (a person, a token, a caller), and no owner sees another's.
import { hash } from "../../runtime/node_crypto.ts";
import type { Key, Store } from "../../store/store.ts";
import { updateRow } from "../../store/update.ts";
import { hasExpired, type TaskRecord } from "./task.ts";

/** Tasks that an owner can have at a time. */
export const MAX_TASKS_PER_OWNER = 100;
/** What a task may hold of its call and its answers, as JSON: the store holds 65,536 bytes a value. */
export const MAX_TASK_CHARACTERS = 16_000;
const TASK_LIFETIME_MS = 24 * 60 * 60 * 1000;

/** The tasks of one owner. */
export interface Tasks {
  /** Those that have not expired, oldest first. */
  readonly list: () => Promise<readonly TaskRecord[]>;
  /** One of them; undefined for none, or one that has expired. */
  readonly get: (id: string) => Promise<TaskRecord | undefined>;
  readonly put: (task: TaskRecord) => Promise<void>;
  /** Changes one; says what it is then, or undefined for none. */
  readonly change: (id: string, change: (task: TaskRecord) => TaskRecord) => Promise<TaskRecord | undefined>;
}

/**
 * Opens the tasks of one owner.
 *
 * @param owner Whatever identifies the owner; hashed before it becomes part of a key.
 * @param now The clock of the sandbox.
 */
export function openTasks(store: Store, sandboxId: string, owner: string, now: () => number): Tasks {
  const prefix: Key = [sandboxId, "task", hash("sha256", owner, "base64url")];
  const keyOf = (id: string): Key => [...prefix, hash("sha256", id, "base64url")];
  const living = (task: TaskRecord | undefined): TaskRecord | undefined =>
    task && !hasExpired(task, now()) ? task : undefined;

  async function list(): Promise<readonly TaskRecord[]> {
    const entries = await store.list<TaskRecord>(prefix, MAX_TASKS_PER_OWNER);
    return entries.flatMap(({ value }) => living(value) ?? [])
      .sort((one, other) => one.createdAtMs - other.createdAtMs || (one.id < other.id ? -1 : 1));
  }

  return {
    list,
    get: async (id) => living((await store.get<TaskRecord>(keyOf(id))).value),
    put: async (task) => {
      const entries = await store.list<TaskRecord>(prefix, MAX_TASKS_PER_OWNER);
      const gone = entries.filter(({ value }) => !living(value)).map(({ key }) => key);
      // The oldest makes room, as a server forgets one whose client never asks.
      const oldest = gone.length === 0 && entries.length >= MAX_TASKS_PER_OWNER
        ? entries.toSorted((one, other) => (one.value?.createdAtMs ?? 0) - (other.value?.createdAtMs ?? 0)).slice(0, 1)
        : [];
      await store.commit({
        sets: [{ key: keyOf(task.id), value: task, expireInMs: TASK_LIFETIME_MS }],
        deletes: [...gone, ...oldest.map(({ key }) => key)],
      });
    },
    change: async (id, change) => {
      const { value } = await updateRow(store, keyOf(id), (task: TaskRecord | undefined) => {
        const known = living(task);
        return { value: known && change(known), expireInMs: TASK_LIFETIME_MS };
      });
      return value;
    },
  };
}
