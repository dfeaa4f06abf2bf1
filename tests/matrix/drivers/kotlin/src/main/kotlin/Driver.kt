/**
 * The client of the Kotlin SDK as a driver: jobs come in as lines of JSON, and what became of each step goes out. See
 * ../README.md for the contract. The SDK leaves OAuth to its user, so this one is given a token and sends it.
 */
package driver

import io.ktor.client.HttpClient
import io.ktor.client.engine.cio.CIO
import io.ktor.client.plugins.HttpTimeout
import io.ktor.client.plugins.sse.SSE
import io.ktor.client.request.header
import io.ktor.client.request.post
import io.ktor.client.request.setBody
import io.ktor.client.statement.bodyAsText
import io.ktor.http.ContentType
import io.ktor.http.contentType
import io.modelcontextprotocol.kotlin.sdk.client.Client
import io.modelcontextprotocol.kotlin.sdk.client.ClientOptions
import io.modelcontextprotocol.kotlin.sdk.client.StreamableHttpClientTransport
import io.modelcontextprotocol.kotlin.sdk.shared.RequestOptions
import io.modelcontextprotocol.kotlin.sdk.types.*
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.*
import kotlinx.serialization.json.*

private val http = HttpClient(CIO) {
    install(SSE)
    install(HttpTimeout)
}

private suspend fun post(url: String, body: JsonObject): JsonObject {
    val answer = http.post(url) {
        contentType(ContentType.Application.Json)
        setBody(body.toString())
    }
    return Json.parseToJsonElement(answer.bodyAsText()).jsonObject
}

private fun JsonObject.text(name: String): String? = (this[name] as? JsonPrimitive)?.contentOrNull

private fun JsonObject.number(name: String): Long = (this[name] as? JsonPrimitive)?.doubleOrNull?.toLong() ?: 0

private fun tell(line: JsonObject) = synchronized(System.out) { println(line) }

/** What is filled in where a form asks for something. */
private fun valueFor(schema: JsonObject): JsonElement {
    schema["default"]?.let { return it }
    (schema["enum"] as? JsonArray)?.firstOrNull()?.let { return it }
    (schema["oneOf"] as? JsonArray)?.firstOrNull()?.let { return it.jsonObject["const"] ?: JsonNull }
    val text = when (schema.text("format")) {
        "email" -> "ada@example.com"
        "uri" -> "https://example.com/"
        "date" -> "2026-01-01"
        "date-time" -> "2026-01-01T00:00:00Z"
        else -> "hi"
    }
    return when (schema.text("type")) {
        "number", "integer" -> JsonPrimitive(5)
        "boolean" -> JsonPrimitive(true)
        "array" -> JsonArray(emptyList())
        else -> JsonPrimitive(text)
    }
}

/** What became of a step that did not fail. */
private enum class Done { YES, SKIPPED, LACKS }

/** One job. */
private class Run(private val job: JsonObject, private val scope: CoroutineScope) {
    private val limit = job.number("limit_ms")
    private val options = RequestOptions(timeout = (limit + 5000).milliseconds)
    private val listens = job["steps"]!!.jsonArray.any { it.jsonObject.text("do") == "listen" }
    private val outcomes = mutableMapOf<String, String>()
    private var token: String? = null
    private var action = "accept"
    private var content: JsonObject? = null
    private var client: Client? = null
    private var transport: StreamableHttpClientTransport? = null
    private var tools: Map<String, Tool>? = null

    private fun answer(request: ElicitRequest): ElicitResult {
        if (action != "accept") return ElicitResult(ElicitResult.Action.valueOf(action.replaceFirstChar { it.uppercase() }))
        val schema = Json.encodeToJsonElement(ElicitRequest.serializer(), request).jsonObject["params"]?.jsonObject
            ?.get("requestedSchema")?.jsonObject?.get("properties")?.jsonObject
        val filled = JsonObject(schema.orEmpty().mapValues { (_, property) -> valueFor(property.jsonObject) })
        return ElicitResult(ElicitResult.Action.Accept, content ?: filled)
    }

    private suspend fun connected(): Client {
        client?.let { return it }
        val bearer = token ?: post("${job.text("control")}/tokens", JsonObject(emptyMap())).text("access_token")!!
        token = bearer
        val open = StreamableHttpClientTransport(http, job.text("url")!!) { header("Authorization", "Bearer $bearer") }
        val made = Client(
            Implementation("driver kotlin", "1"),
            ClientOptions(
                ClientCapabilities(
                    sampling = ClientCapabilities.sampling,
                    roots = ClientCapabilities.Roots(listChanged = false),
                    elicitation = ClientCapabilities.elicitation,
                ),
            ),
        )
        made.addRoot("file:///home/person", "home")
        made.setElicitationHandler(::answer)
        made.setRequestHandler<CreateMessageRequest>(Method.Defined.SamplingCreateMessage) { _, _ ->
            CreateMessageResult(Role.Assistant, listOf(TextContent("hi")), "none")
        }
        if (listens) listAgain(made)
        transport = open
        made.connect(open)
        client = made
        return made
    }

    /** Lists again what has changed, as the SDK leaves to its user. */
    private fun listAgain(made: Client) {
        made.setNotificationHandler<ToolListChangedNotification>(Method.Defined.NotificationsToolsListChanged) {
            scope.async { runCatching { list("list_tools") }.let { } }
        }
        made.setNotificationHandler<PromptListChangedNotification>(Method.Defined.NotificationsPromptsListChanged) {
            scope.async { runCatching { list("list_prompts") }.let { } }
        }
        made.setNotificationHandler<ResourceListChangedNotification>(Method.Defined.NotificationsResourcesListChanged) {
            scope.async { runCatching { list("list_resources") }.let { } }
        }
    }

    /** All pages of a list, where the server has one. */
    private suspend fun <P : PaginatedResult> all(has: Boolean, page: suspend (PaginatedRequestParams) -> P): List<P> {
        val found = mutableListOf<P>()
        val seen = mutableSetOf<String>()
        var cursor: String? = null
        do {
            if (!has) break
            val read = page(PaginatedRequestParams(cursor))
            found += read
            cursor = read.nextCursor
            // Who is sent in circles has all that there is.
        } while (cursor != null && seen.add(cursor))
        return found
    }

    private suspend fun list(what: String) {
        val open = connected()
        val declared = open.serverCapabilities
        when (what) {
            "list_tools" -> {
                tools = null
                tools = all(declared?.tools != null) { open.listTools(ListToolsRequest(it), options) }
                    .flatMap { it.tools }.associateBy { it.name }
            }
            "list_resources" -> all(declared?.resources != null) { open.listResources(ListResourcesRequest(it), options) }
            "list_resource_templates" ->
                all(declared?.resources != null) { open.listResourceTemplates(ListResourceTemplatesRequest(it), options) }
            else -> all(declared?.prompts != null) { open.listPrompts(ListPromptsRequest(it), options) }
        }
    }

    private suspend fun call(tool: String, arguments: JsonObject): Done {
        val open = connected()
        // Where the list could not be read, nobody knows what is not in it.
        if (tools?.containsKey(tool) == false) return Done.SKIPPED
        outcomes[tool] = "error"
        val result = open.callTool(CallToolRequest(CallToolRequestParams(tool, arguments)), options)
        if (result.isError != true) outcomes[tool] = "result"
        return Done.YES
    }

    private suspend fun call(step: JsonObject): Done =
        call(step.text("tool")!!, step["arguments"]?.jsonObject ?: JsonObject(emptyMap()))

    suspend fun step(step: JsonObject): Done {
        val tool = step.text("tool") ?: ""
        when (val name = step.text("do")!!) {
            "connect" -> connected()
            "list_tools", "list_resources", "list_resource_templates", "list_prompts" -> list(name)
            "call" -> return call(step)
            "call_at_once" -> {
                connected()
                coroutineScope { step["calls"]!!.jsonArray.map { async { call(it.jsonObject) } }.awaitAll() }
            }
            "cancel" -> {
                connected()
                withTimeoutOrNull(step.number("after_ms")) { call(step) }
            }
            "report" -> return call(
                "report_outcome",
                buildJsonObject { put("tool", tool); put("outcome", outcomes[tool]) },
            )
            "hand_back_schema" -> return call(
                "json_schema_echo",
                buildJsonObject {
                    put("tool", tool)
                    put("schema", tools?.get(tool)?.let { Json.encodeToJsonElement(ToolSchema.serializer(), it.inputSchema) } ?: JsonNull)
                },
            )
            "listen" -> {
                val open = connected()
                step["notifications"]?.jsonObject?.get("resourceSubscriptions")?.jsonArray?.forEach {
                    open.subscribeResource(SubscribeRequest(SubscribeRequestParams(it.jsonPrimitive.content)), options)
                }
            }
            "read" -> connected().readResource(ReadResourceRequest(ReadResourceRequestParams(step.text("uri")!!)), options)
            "get_prompt" -> connected().getPrompt(
                GetPromptRequest(
                    GetPromptRequestParams(
                        step.text("prompt")!!,
                        step["arguments"]?.jsonObject?.mapValues { it.value.jsonPrimitive.content },
                    ),
                ),
                options,
            )
            "wait" -> {
                if ("clock_ms" in step) {
                    val seconds = buildJsonObject { put("advance_seconds", step.number("clock_ms") / 1000.0) }
                    post("${job.text("control")}/clock", seconds)
                }
                delay(step.number("ms"))
            }
            "answer" -> {
                action = step.text("action") ?: "accept"
                content = step["content"]?.jsonObject
            }
            "switch_user" -> {
                end()
                token = null
                connected()
            }
            "end" -> end()
            else -> return Done.LACKS
        }
        return Done.YES
    }

    suspend fun end() {
        val (left, open) = client to transport
        client = null
        runCatching { open?.terminateSession() }
        left?.close()
    }
}

private fun innermost(error: Throwable): Throwable {
    var inner = error
    while (inner.cause.let { it != null && it !== inner }) inner = inner.cause!!
    return inner
}

private suspend fun drive(job: JsonObject) = supervisorScope {
    val id = job["id"]!!
    val run = Run(job, this)
    var hasGivenUp = false
    for ((index, element) in job["steps"]!!.jsonArray.withIndex()) {
        val step = element.jsonObject
        hasGivenUp = hasGivenUp && step.text("do") != "connect"
        if (hasGivenUp) continue
        var hangs = false
        val told = mutableMapOf<String, JsonElement>()
        try {
            val done = withTimeoutOrNull(job.number("limit_ms") + step.number("ms")) { run.step(step) }
            hangs = done == null
            if (done == Done.SKIPPED) told["skipped"] = JsonPrimitive(true)
            if (done == Done.LACKS) told["lacks"] = JsonPrimitive(true)
            if (hangs) told["hangs"] = JsonPrimitive(true)
        } catch (raised: Throwable) {
            val error = innermost(raised)
            told["error"] = JsonPrimitive(error::class.simpleName)
            told["message"] = JsonPrimitive("${error.message}".take(300))
            hasGivenUp = step.text("do") == "connect"
            withTimeoutOrNull(5000) { runCatching { run.end() } }
        }
        val isOk = "error" !in told && !hangs
        val line = mapOf("id" to id, "step" to JsonPrimitive(index), "do" to step["do"]!!, "ok" to JsonPrimitive(isOk))
        tell(JsonObject(line + told + ("logins" to JsonPrimitive(0))))
        if (hangs) break
    }
    withTimeoutOrNull(3000) { runCatching { run.end() } }
    tell(JsonObject(mapOf("id" to id, "done" to JsonPrimitive(true))))
    coroutineContext.cancelChildren()
}

fun main() = runBlocking(Dispatchers.IO) {
    val jobs = mutableListOf<Job>()
    while (true) {
        val line = readlnOrNull() ?: break
        jobs += launch { drive(Json.parseToJsonElement(line).jsonObject) }
    }
    jobs.joinAll()
    Runtime.getRuntime().halt(0)
}
