package main

import (
	"context"
	"iter"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/auth/extauth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
)

type goSDK struct {
	whole   context.Context
	job     Job
	browser *Browser
	person  *Person
	handler auth.OAuthHandler
	problem error
	session *mcp.ClientSession
}

func newGoSDK(whole context.Context, job Job, browser *Browser, person *Person) *goSDK {
	client := &goSDK{whole: whole, job: job, browser: browser, person: person}
	client.Forget()
	return client
}

// Forget begins with a handler that holds nobody's token.
func (c *goSDK) Forget() {
	c.handler, c.problem = handlerFor(c.job, c.browser)
}

func handlerFor(job Job, browser *Browser) (auth.OAuthHandler, error) {
	credentials := func() *oauthex.ClientCredentials {
		known := &oauthex.ClientCredentials{ClientID: job.Client.ID}
		if job.Client.Secret != "" {
			known.ClientSecretAuth = &oauthex.ClientSecretAuth{ClientSecret: job.Client.Secret}
		}
		return known
	}
	if job.Client.isMachine() {
		return extauth.NewClientCredentialsHandler(&extauth.ClientCredentialsHandlerConfig{
			Credentials: credentials(),
			HTTPClient:  &http.Client{},
		})
	}
	config := &auth.AuthorizationCodeHandlerConfig{
		RedirectURL:         redirectURI,
		RequestRefreshToken: true,
		Client:              &http.Client{},
		AuthorizationCodeFetcher: func(ctx context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
			query, err := browser.visit(ctx, args.URL)
			if err != nil {
				return nil, err
			}
			return &auth.AuthorizationResult{Code: query.Get("code"), State: query.Get("state"), Iss: query.Get("iss")}, nil
		},
	}
	if job.Client == nil && job.Document != "" {
		config.ClientIDMetadataDocumentConfig = &auth.ClientIDMetadataDocumentConfig{URL: job.Document}
	}
	if job.Client != nil {
		config.PreregisteredClient = credentials()
	} else {
		config.DynamicClientRegistrationConfig = &auth.DynamicClientRegistrationConfig{
			Metadata: &oauthex.ClientRegistrationMetadata{
				ClientName:   "driver go-sdk",
				RedirectURIs: []string{redirectURI},
				GrantTypes:   []string{"authorization_code", "refresh_token"},
			},
		}
	}
	return auth.NewAuthorizationCodeHandler(config)
}

func (c *goSDK) Connect(ctx context.Context) error {
	if c.problem != nil {
		return c.problem
	}
	c.Close(ctx)
	handlers := &mcp.ClientOptions{
		ElicitationHandler: func(_ context.Context, request *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			action, content := c.person.answer(request.Params.RequestedSchema)
			return &mcp.ElicitResult{Action: action, Content: content}, nil
		},
		CreateMessageHandler: func(context.Context, *mcp.CreateMessageRequest) (*mcp.CreateMessageResult, error) {
			return &mcp.CreateMessageResult{Role: "assistant", Model: "none", Content: &mcp.TextContent{Text: "hi"}}, nil
		},
	}
	if c.job.listens() {
		c.listAgain(handlers)
	}
	client := mcp.NewClient(&mcp.Implementation{Name: "driver go-sdk", Version: "1"}, handlers)
	client.AddRoots(&mcp.Root{URI: "file:///home/person", Name: "home"})
	options := &mcp.ClientSessionOptions{}
	if c.job.Handshake {
		options.ProtocolVersion = "2025-11-25"
	}
	session, err := client.Connect(ctx, &mcp.StreamableClientTransport{
		Endpoint:     c.job.URL,
		HTTPClient:   &http.Client{},
		OAuthHandler: c.handler,
	}, options)
	c.session = session
	return err
}

// listAgain makes a client list what it is told has changed; as it has handlers, it listens by itself.
func (c *goSDK) listAgain(handlers *mcp.ClientOptions) {
	again := func(session *mcp.ClientSession, what string) {
		go listFrom(c.whole, session, what)
	}
	handlers.ToolListChangedHandler = func(_ context.Context, told *mcp.ToolListChangedRequest) { again(told.Session, "tools") }
	handlers.PromptListChangedHandler = func(_ context.Context, told *mcp.PromptListChangedRequest) { again(told.Session, "prompts") }
	handlers.ResourceListChangedHandler = func(_ context.Context, told *mcp.ResourceListChangedRequest) { again(told.Session, "resources") }
}

// Listen listens to changes of resources.
func (c *goSDK) Listen(ctx context.Context, wanted Wanted) error {
	for _, uri := range wanted.URIs {
		if err := c.session.Subscribe(ctx, &mcp.SubscribeParams{URI: uri}); err != nil {
			return err
		}
	}
	return nil
}

func (c *goSDK) List(ctx context.Context, what string) ([]Entry, error) {
	return listFrom(ctx, c.session, what)
}

func listFrom(ctx context.Context, session *mcp.ClientSession, what string) ([]Entry, error) {
	declared := session.InitializeResult().Capabilities
	switch {
	case what == "tools" && declared.Tools != nil:
		return entriesOf(session.Tools(ctx, nil), func(tool *mcp.Tool) Entry { return Entry{tool.Name, tool.InputSchema} })
	case what == "resources" && declared.Resources != nil:
		return entriesOf(session.Resources(ctx, nil), func(resource *mcp.Resource) Entry { return Entry{name: resource.URI} })
	case what == "resource_templates" && declared.Resources != nil:
		return entriesOf(session.ResourceTemplates(ctx, nil), func(template *mcp.ResourceTemplate) Entry { return Entry{name: template.Name} })
	case what == "prompts" && declared.Prompts != nil:
		return entriesOf(session.Prompts(ctx, nil), func(prompt *mcp.Prompt) Entry { return Entry{name: prompt.Name} })
	}
	return nil, nil
}

func entriesOf[T any](entries iter.Seq2[T, error], entryOf func(T) Entry) ([]Entry, error) {
	var found []Entry
	for entry, err := range entries {
		if err != nil {
			return nil, err
		}
		found = append(found, entryOf(entry))
	}
	return found, nil
}

func (c *goSDK) Read(ctx context.Context, uri string) error {
	_, err := c.session.ReadResource(ctx, &mcp.ReadResourceParams{URI: uri})
	return err
}

func (c *goSDK) GetPrompt(ctx context.Context, name string, arguments map[string]string) error {
	_, err := c.session.GetPrompt(ctx, &mcp.GetPromptParams{Name: name, Arguments: arguments})
	return err
}

func (c *goSDK) Call(ctx context.Context, name string, arguments map[string]any) (bool, error) {
	result, err := c.session.CallTool(ctx, &mcp.CallToolParams{Name: name, Arguments: arguments})
	return err == nil && result.IsError, err
}

func (c *goSDK) Close(context.Context) error {
	if c.session == nil {
		return nil
	}
	session := c.session
	c.session = nil
	return session.Close()
}
