package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
)

type mcpGo struct {
	whole   context.Context
	job     Job
	browser *Browser
	person  *Person
	store   transport.TokenStore
	known   Known
	client  *client.Client
	// vainLogins counts logins since something succeeded that needs one.
	vainLogins int
}

// maxVainLogins is how often in a row a person logs in, if that does not help.
const maxVainLogins = 3

func newMcpGo(whole context.Context, job Job, browser *Browser, person *Person) *mcpGo {
	c := &mcpGo{whole: whole, job: job, browser: browser, person: person, store: client.NewMemoryTokenStore()}
	if job.Client != nil {
		c.known = *job.Client
	}
	return c
}

// Elicit answers for the person.
func (c *mcpGo) Elicit(_ context.Context, request mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	action, content := c.person.answer(request.Params.RequestedSchema)
	result := &mcp.ElicitationResult{}
	result.Action = mcp.ElicitationResponseAction(action)
	if content != nil {
		result.Content = content
	}
	return result, nil
}

// CreateMessage answers for a model.
func (c *mcpGo) CreateMessage(context.Context, mcp.CreateMessageRequest) (*mcp.CreateMessageResult, error) {
	return &mcp.CreateMessageResult{
		SamplingMessage: mcp.SamplingMessage{Role: mcp.RoleAssistant, Content: mcp.NewTextContent("hi")},
		Model:           "none",
	}, nil
}

// withLogin does what its example does: it tries again after each login that is asked for.
func (c *mcpGo) withLogin(ctx context.Context, work func() error) error {
	err := work()
	for err != nil && client.IsOAuthAuthorizationRequiredError(err) && c.vainLogins < maxVainLogins {
		c.vainLogins++
		if err := c.logIn(ctx, client.GetOAuthHandler(err)); err != nil {
			return err
		}
		err = work()
	}
	return err
}

// use does what needs a login, with one if that is asked for.
func (c *mcpGo) use(ctx context.Context, work func() error) error {
	err := c.withLogin(ctx, work)
	if err == nil {
		c.vainLogins = 0
	}
	return err
}

func (c *mcpGo) logIn(ctx context.Context, handler *transport.OAuthHandler) error {
	verifier, err := client.GenerateCodeVerifier()
	if err != nil {
		return err
	}
	state, err := client.GenerateState()
	if err != nil {
		return err
	}
	if handler.GetClientID() == "" {
		if err := handler.RegisterClient(ctx, "driver mcp-go"); err != nil {
			return err
		}
	}
	target, err := handler.GetAuthorizationURL(ctx, state, client.GenerateCodeChallenge(verifier))
	if err != nil {
		return err
	}
	query, err := c.browser.visit(ctx, target)
	if err != nil {
		return err
	}
	return handler.ProcessAuthorizationResponse(ctx, query.Get("code"), query.Get("state"), verifier)
}

func (c *mcpGo) Connect(ctx context.Context) error {
	c.Close(ctx)
	if c.job.Client.isMachine() {
		return errors.New("the SDK has no such client")
	}
	listening := []transport.StreamableHTTPCOption{}
	if c.job.listens() {
		listening = append(listening, transport.WithContinuousListening())
	}
	trans, err := transport.NewStreamableHTTP(c.job.URL, append(listening, transport.WithHTTPOAuth(transport.OAuthConfig{
		ClientID:                c.known.ID,
		ClientSecret:            c.known.Secret,
		TokenEndpointAuthMethod: c.known.AuthMethod,
		RedirectURI:             redirectURI,
		TokenStore:              c.store,
		PKCEEnabled:             true,
	}), transport.WithHTTPBasicClient(&http.Client{}))...)
	if err != nil {
		return err
	}
	options := []client.ClientOption{
		client.WithElicitationHandler(c),
		client.WithSamplingHandler(c),
	}
	if c.job.Handshake {
		options = append(options, client.WithLegacyProtocolOnly())
	}
	c.client = client.NewClient(trans, options...)
	if c.job.listens() {
		c.client.OnNotification(c.listAgain)
	}
	// The connection outlives the step.
	if err := c.withLogin(ctx, func() error { return c.client.Start(c.whole) }); err != nil {
		return err
	}
	request := mcp.InitializeRequest{}
	request.Params.ProtocolVersion = mcp.LATEST_PROTOCOL_VERSION
	request.Params.ClientInfo = mcp.Implementation{Name: "driver mcp-go", Version: "1"}
	return c.withLogin(ctx, func() error {
		_, err := c.client.Initialize(ctx, request)
		return err
	})
}

// Forget begins with nobody's token.
func (c *mcpGo) Forget() {
	c.store = client.NewMemoryTokenStore()
}

// Listen listens as the newest revision has it; with older ones, the client has listened since it started.
func (c *mcpGo) Listen(ctx context.Context, wanted Wanted) error {
	filter := mcp.SubscriptionFilter{
		ToolsListChanged:      wanted.Tools,
		PromptsListChanged:    wanted.Prompts,
		ResourcesListChanged:  wanted.Resources,
		ResourceSubscriptions: wanted.URIs,
	}
	if _, err := c.client.ListenAsync(c.whole, filter, nil); err == nil {
		return nil
	}
	for _, uri := range wanted.URIs {
		request := mcp.SubscribeRequest{}
		request.Params.URI = uri
		if err := c.client.Subscribe(ctx, request); err != nil {
			return err
		}
	}
	return nil
}

// listAgain lists what has changed.
func (c *mcpGo) listAgain(notification mcp.JSONRPCNotification) {
	switch notification.Method {
	case mcp.MethodNotificationToolsListChanged:
		go c.List(c.whole, "tools")
	case mcp.MethodNotificationPromptsListChanged:
		go c.List(c.whole, "prompts")
	case mcp.MethodNotificationResourcesListChanged:
		go c.List(c.whole, "resources")
	}
}

func (c *mcpGo) List(ctx context.Context, what string) (entries []Entry, err error) {
	declared := c.client.GetServerCapabilities()
	list := func() error { return nil }
	switch {
	case what == "tools" && declared.Tools != nil:
		list = func() error {
			listed, err := c.client.ListTools(ctx, mcp.ListToolsRequest{})
			if err == nil {
				for _, tool := range listed.Tools {
					entries = append(entries, Entry{tool.Name, tool.InputSchema})
				}
			}
			return err
		}
	case what == "resources" && declared.Resources != nil:
		list = func() error {
			_, err := c.client.ListResources(ctx, mcp.ListResourcesRequest{})
			return err
		}
	case what == "resource_templates" && declared.Resources != nil:
		list = func() error {
			_, err := c.client.ListResourceTemplates(ctx, mcp.ListResourceTemplatesRequest{})
			return err
		}
	case what == "prompts" && declared.Prompts != nil:
		list = func() error {
			_, err := c.client.ListPrompts(ctx, mcp.ListPromptsRequest{})
			return err
		}
	}
	err = c.use(ctx, list)
	return entries, err
}

func (c *mcpGo) Read(ctx context.Context, uri string) error {
	return c.use(ctx, func() error {
		request := mcp.ReadResourceRequest{}
		request.Params.URI = uri
		_, err := c.client.ReadResource(ctx, request)
		return err
	})
}

func (c *mcpGo) GetPrompt(ctx context.Context, name string, arguments map[string]string) error {
	return c.use(ctx, func() error {
		request := mcp.GetPromptRequest{}
		request.Params.Name = name
		request.Params.Arguments = arguments
		_, err := c.client.GetPrompt(ctx, request)
		return err
	})
}

func (c *mcpGo) Call(ctx context.Context, name string, arguments map[string]any) (failed bool, err error) {
	err = c.use(ctx, func() error {
		request := mcp.CallToolRequest{}
		request.Params.Name = name
		request.Params.Arguments = arguments
		result, err := c.client.CallTool(ctx, request)
		failed = err == nil && result.IsError
		return err
	})
	return failed, err
}

func (c *mcpGo) Close(context.Context) error {
	if c.client == nil {
		return nil
	}
	open := c.client
	c.client = nil
	return open.Close()
}
