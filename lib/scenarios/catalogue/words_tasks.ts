// What people search for, of the scenarios of tasks.

/** Words by the name of the scenario. */
export const taskWords: Readonly<Record<string, string>> = {
  "task-optional": "long running asynchronous background job polling taskSupport optional tasks/get pollInterval",
  "task-required":
    "long running asynchronous background job taskSupport required -32601 -32021 missing capability extension",
  "task-forbidden": "taskSupport forbidden absent method not found -32601 execution tool level negotiation",
  "task-undeclared": "capabilities missing tasks.requests.tools.call undeclared execution taskSupport negotiation",
  "task-or-result": "polymorphic result resultType task server directed asynchronous sometimes",
  "task-slows-down": "pollInterval pollIntervalMs changes backoff rate limit throttle polling too fast",
  "task-asks": "input_required elicitation in task inputRequests tasks/update tasks/result related-task question",
  "task-untold": "no status notification notifications/tasks push missing polling fire and forget",
  "task-told": "status notification notifications/tasks/status push progress stream",
  "task-fails": "failed task protocol error json-rpc error asynchronous failure",
  "task-cancelled": "cancelled by server aborted status reason statusMessage",
  "task-expires": "ttl expired task not found gone deleted -32602 lost restart purge",
  "task-cancel": "abort stop tasks/cancel notifications/cancelled asynchronous user gives up",
  "task-for-resource": "resultType task unsupported method resources/read invalid response extension",
  "task-of-client": "receiver client side task augmented elicitation sampling createTaskResult requestor",
};
