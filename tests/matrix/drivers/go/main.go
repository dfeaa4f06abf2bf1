// Clients in Go as drivers: jobs come in as lines of JSON, and what became of each step goes out. See ../README.md for the
// contract. `driver go-sdk` drives the official SDK, `driver mcp-go` that of mark3labs.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

const redirectURI = "http://127.0.0.1:33418/callback"

// The SDKs that this program drives.
var sdks = []string{"go-sdk", "mcp-go"}

// Known is a client that the server knows beforehand.
type Known struct {
	ID         string   `json:"client_id"`
	Secret     string   `json:"client_secret"`
	AuthMethod string   `json:"token_endpoint_auth_method"`
	GrantTypes []string `json:"grant_types"`
}

func (k *Known) isMachine() bool {
	return k != nil && slices.Contains(k.GrantTypes, "client_credentials")
}

// Call is a call of a tool.
type Call struct {
	Tool      string         `json:"tool"`
	Arguments map[string]any `json:"arguments"`
}

// Step is one thing to do.
type Step struct {
	Call
	Do      string         `json:"do"`
	Calls   []Call         `json:"calls"`
	AfterMs int            `json:"after_ms"`
	URI     string         `json:"uri"`
	Prompt  string         `json:"prompt"`
	ClockMs float64        `json:"clock_ms"`
	Ms      int            `json:"ms"`
	Action  string         `json:"action"`
	Content map[string]any `json:"content"`
	// Notifications is what to listen to; everything where it is nil.
	Notifications *Wanted `json:"notifications"`
}

// Wanted is what a client wants to be told of.
type Wanted struct {
	Tools     bool     `json:"toolsListChanged"`
	Prompts   bool     `json:"promptsListChanged"`
	Resources bool     `json:"resourcesListChanged"`
	URIs      []string `json:"resourceSubscriptions"`
}

// Job is a script for one client.
type Job struct {
	ID      string `json:"id"`
	URL     string `json:"url"`
	Control string `json:"control"`
	Client  *Known `json:"client"`
	// Document is where a client without an id may have its metadata.
	Document  string `json:"client_metadata_url"`
	Handshake bool   `json:"handshake"`
	LimitMs   int    `json:"limit_ms"`
	Steps     []Step `json:"steps"`
}

// listens gives whether the program is one that listens, which SDKs want to know before they connect.
func (j Job) listens() bool {
	return slices.ContainsFunc(j.Steps, func(step Step) bool { return step.Do == "listen" })
}

// errLacks is what a step gives that the client has no way to do.
var errLacks = errors.New("the client has no way to do this")

// Entry is what is in a list, as far as a driver needs it.
type Entry struct {
	name   string
	schema any
}

// Client is what each SDK is made to do.
type Client interface {
	Connect(ctx context.Context) error
	// Listen begins to listen to what the server says unasked, as far as the client does not by itself.
	Listen(ctx context.Context, wanted Wanted) error
	// List gives what there is, all pages of it.
	List(ctx context.Context, what string) ([]Entry, error)
	// Call gives whether the result says that the call failed.
	Call(ctx context.Context, name string, arguments map[string]any) (bool, error)
	// Forget forgets who has logged in.
	Forget()
	Read(ctx context.Context, uri string) error
	GetPrompt(ctx context.Context, name string, arguments map[string]string) error
	Close(ctx context.Context) error
}

// Browser is one whose person agrees to everything.
type Browser struct{ logins int }

func (b *Browser) visit(ctx context.Context, target string) (url.Values, error) {
	b.logins++
	asked, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	query := asked.Query()
	query.Set("auto_approve", "true")
	asked.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, "GET", asked.String(), nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	location := response.Header.Get("Location")
	if location == "" {
		return nil, fmt.Errorf("the browser shows %d", response.StatusCode)
	}
	back, err := url.Parse(location)
	if err != nil {
		return nil, err
	}
	if problem := back.Query().Get("error"); problem != "" {
		return nil, fmt.Errorf("the browser returns the error %s", problem)
	}
	return back.Query(), nil
}

// Person answers what a server asks: agrees to everything, unless a step has said otherwise.
type Person struct {
	action  string
	content map[string]any
}

func (p *Person) answer(schema any) (string, map[string]any) {
	if p.action != "" && p.action != "accept" {
		return p.action, nil
	}
	asked, _ := schema.(map[string]any)
	if p.content != nil || asked == nil {
		return "accept", p.content
	}
	content := map[string]any{}
	properties, _ := asked["properties"].(map[string]any)
	for name, property := range properties {
		content[name] = valueFor(property)
	}
	return "accept", content
}

func valueFor(schema any) any {
	property, _ := schema.(map[string]any)
	if given := property["default"]; given != nil {
		return given
	}
	if choices, _ := property["enum"].([]any); len(choices) > 0 {
		return choices[0]
	}
	if choices, _ := property["oneOf"].([]any); len(choices) > 0 {
		if first, _ := choices[0].(map[string]any); first["const"] != nil {
			return first["const"]
		}
	}
	switch property["format"] {
	case "email":
		return "ada@example.com"
	case "uri":
		return "https://example.com/"
	case "date":
		return "2026-01-01"
	case "date-time":
		return "2026-01-01T00:00:00Z"
	}
	switch property["type"] {
	case "number", "integer":
		return 5
	case "boolean":
		return true
	case "array":
		return []any{}
	case "object":
		return map[string]any{}
	}
	return "hi"
}

type run struct {
	job Job
	// Whether there is a connection; one that a step failed on is not used again.
	isOpen bool
	person *Person
	client Client
	// Whether tools are known, and which; where the list could not be read, nobody knows what is not in it.
	hasTools bool
	tools    []Entry
	// What became of the last call of a tool.
	mutex    sync.Mutex
	outcomes map[string]string
}

func (r *run) connect(ctx context.Context) error {
	if r.isOpen {
		return nil
	}
	err := r.client.Connect(ctx)
	r.isOpen = err == nil
	return err
}

func (r *run) do(ctx context.Context, step Step) (skipped bool, err error) {
	switch step.Do {
	case "answer":
		r.person.action, r.person.content = step.Action, step.Content
		return false, nil
	case "wait":
		return false, r.wait(ctx, step)
	case "end":
		r.isOpen = false
		return false, r.client.Close(ctx)
	case "switch_user":
		r.isOpen = false
		if err := r.client.Close(ctx); err != nil {
			return false, err
		}
		r.client.Forget()
		return false, r.connect(ctx)
	}
	if err := r.connect(ctx); err != nil {
		return false, err
	}
	switch step.Do {
	case "connect":
	case "listen":
		wanted := Wanted{Tools: true, Prompts: true, Resources: true}
		if step.Notifications != nil {
			wanted = *step.Notifications
		}
		err = r.client.Listen(ctx, wanted)
	case "report":
		return r.call(ctx, Call{"report_outcome", map[string]any{"tool": step.Tool, "outcome": r.outcomes[step.Tool]}})
	case "hand_back_schema":
		schema := r.schemaOf(step.Tool)
		return r.call(ctx, Call{"json_schema_echo", map[string]any{"tool": step.Tool, "schema": schema}})
	case "list_tools":
		r.hasTools = false
		r.tools, err = r.client.List(ctx, "tools")
		r.hasTools = err == nil
	case "list_resources", "list_resource_templates", "list_prompts":
		_, err = r.client.List(ctx, strings.TrimPrefix(step.Do, "list_"))
	case "call":
		return r.call(ctx, step.Call)
	case "call_at_once":
		failed := make(chan error, len(step.Calls))
		for _, call := range step.Calls {
			go func() {
				_, err := r.call(ctx, call)
				failed <- err
			}()
		}
		for range step.Calls {
			err = errors.Join(err, <-failed)
		}
	case "cancel":
		soon, cancel := context.WithTimeout(ctx, time.Duration(step.AfterMs)*time.Millisecond)
		defer cancel()
		skipped, _ = r.call(soon, step.Call)
	case "read":
		err = r.client.Read(ctx, step.URI)
	case "get_prompt":
		arguments := map[string]string{}
		for name, value := range step.Arguments {
			arguments[name] = fmt.Sprint(value)
		}
		err = r.client.GetPrompt(ctx, step.Prompt, arguments)
	default:
		err = errLacks
	}
	return skipped, err
}

func (r *run) schemaOf(tool string) any {
	for _, entry := range r.tools {
		if entry.name == tool {
			return entry.schema
		}
	}
	return nil
}

func (r *run) wait(ctx context.Context, step Step) error {
	if step.ClockMs > 0 {
		body, _ := json.Marshal(map[string]any{"advance_seconds": step.ClockMs / 1000})
		response, err := http.Post(r.job.Control+"/clock", "application/json", bytes.NewReader(body))
		if err != nil {
			return err
		}
		response.Body.Close()
	}
	select {
	case <-time.After(time.Duration(step.Ms) * time.Millisecond):
	case <-ctx.Done():
	}
	return nil
}

func (r *run) call(ctx context.Context, call Call) (skipped bool, err error) {
	if r.hasTools && !slices.ContainsFunc(r.tools, func(entry Entry) bool { return entry.name == call.Tool }) {
		return true, nil
	}
	arguments := call.Arguments
	if arguments == nil {
		arguments = map[string]any{}
	}
	failed, err := r.client.Call(ctx, call.Tool, arguments)
	outcome := "result"
	if failed || err != nil {
		outcome = "error"
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.outcomes[call.Tool] = outcome
	return false, err
}

var out sync.Mutex

func tell(line map[string]any) {
	text, _ := json.Marshal(line)
	out.Lock()
	defer out.Unlock()
	os.Stdout.Write(append(text, '\n'))
}

func drive(job Job) {
	browser, person := &Browser{}, &Person{}
	r := &run{job: job, person: person, outcomes: map[string]string{}}
	whole, stop := context.WithCancel(context.Background())
	defer stop()
	if os.Args[1] == "mcp-go" {
		r.client = newMcpGo(whole, job, browser, person)
	} else {
		r.client = newGoSDK(whole, job, browser, person)
	}
	hasGivenUp := false
	for index, step := range job.Steps {
		hasGivenUp = hasGivenUp && step.Do != "connect"
		if hasGivenUp {
			continue
		}
		line := map[string]any{"id": job.ID, "step": index, "do": step.Do, "ok": true}
		limit := time.Duration(job.LimitMs+step.Ms) * time.Millisecond
		ctx, cancel := context.WithTimeout(whole, limit)
		type outcome struct {
			skipped bool
			err     error
		}
		done := make(chan outcome, 1)
		go func() {
			skipped, err := r.do(ctx, step)
			done <- outcome{skipped, err}
		}()
		stops := false
		select {
		case end := <-done:
			if end.skipped {
				line["skipped"] = true
			}
			if errors.Is(end.err, errLacks) {
				line["lacks"] = true
			} else if end.err != nil {
				r.isOpen = false
				line["ok"] = false
				if errors.Is(end.err, context.DeadlineExceeded) {
					line["hangs"], stops = true, true
				} else {
					line["error"], line["message"] = nameOf(end.err), fmt.Sprintf("%.300s", end.err.Error())
					hasGivenUp = step.Do == "connect"
				}
			}
		case <-time.After(limit + 200*time.Millisecond):
			line["ok"], line["hangs"], stops = false, true, true
		}
		cancel()
		line["logins"] = browser.logins
		tell(line)
		if stops {
			break
		}
	}
	ended := make(chan struct{})
	go func() {
		ctx, cancel := context.WithTimeout(whole, 2*time.Second)
		defer cancel()
		r.client.Close(ctx)
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(2 * time.Second):
	}
	tell(map[string]any{"id": job.ID, "done": true})
}

// nameOf gives the type of the innermost error, which says more than that of what it is wrapped in.
func nameOf(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return strings.TrimPrefix(fmt.Sprintf("%T", err), "*")
		}
		err = inner
	}
}

func main() {
	if len(os.Args) != 2 || !slices.Contains(sdks, os.Args[1]) {
		fmt.Fprintf(os.Stderr, "Which SDK? expected one of %s\n", strings.Join(sdks, ", "))
		os.Exit(2)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	var jobs sync.WaitGroup
	for lines.Scan() {
		var job Job
		if err := json.Unmarshal(lines.Bytes(), &job); err != nil {
			fmt.Fprintf(os.Stderr, "A line is not a job: %s\n", err)
			os.Exit(2)
		}
		jobs.Go(func() { drive(job) })
	}
	jobs.Wait()
}
