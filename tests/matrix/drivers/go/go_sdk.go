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
	person  *Person
	handler auth.OAuthHandler
	problem error
	session *mcp.ClientSession
}

func newGoSDK(whole context.Context, job Job, browser *Browser, person *Person) *goSDK {
	client := &goSDK{whole: whole, job: job, person: person}
	client.handler, client.problem = handlerFor(job, browser)
	return client
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
	client := mcp.NewClient(&mcp.Implementation{Name: "driver go-sdk", Version: "1"}, &mcp.ClientOptions{
		ElicitationHandler: func(_ context.Context, request *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			action, content := c.person.answer(request.Params.RequestedSchema)
			return &mcp.ElicitResult{Action: action, Content: content}, nil
		},
		CreateMessageHandler: func(context.Context, *mcp.CreateMessageRequest) (*mcp.CreateMessageResult, error) {
			return &mcp.CreateMessageResult{Role: "assistant", Model: "none", Content: &mcp.TextContent{Text: "hi"}}, nil
		},
	})
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

func (c *goSDK) List(ctx context.Context, what string) ([]string, error) {
	declared := c.session.InitializeResult().Capabilities
	switch {
	case what == "tools" && declared.Tools != nil:
		return namesOf(c.session.Tools(ctx, nil), func(tool *mcp.Tool) string { return tool.Name })
	case what == "resources" && declared.Resources != nil:
		return namesOf(c.session.Resources(ctx, nil), func(resource *mcp.Resource) string { return resource.URI })
	case what == "resource_templates" && declared.Resources != nil:
		return namesOf(c.session.ResourceTemplates(ctx, nil), func(template *mcp.ResourceTemplate) string { return template.Name })
	case what == "prompts" && declared.Prompts != nil:
		return namesOf(c.session.Prompts(ctx, nil), func(prompt *mcp.Prompt) string { return prompt.Name })
	}
	return nil, nil
}

func namesOf[T any](entries iter.Seq2[T, error], nameOf func(T) string) ([]string, error) {
	var names []string
	for entry, err := range entries {
		if err != nil {
			return nil, err
		}
		names = append(names, nameOf(entry))
	}
	return names, nil
}

func (c *goSDK) Read(ctx context.Context, uri string) error {
	_, err := c.session.ReadResource(ctx, &mcp.ReadResourceParams{URI: uri})
	return err
}

func (c *goSDK) GetPrompt(ctx context.Context, name string, arguments map[string]string) error {
	_, err := c.session.GetPrompt(ctx, &mcp.GetPromptParams{Name: name, Arguments: arguments})
	return err
}

func (c *goSDK) Call(ctx context.Context, name string, arguments map[string]any) error {
	_, err := c.session.CallTool(ctx, &mcp.CallToolParams{Name: name, Arguments: arguments})
	return err
}

func (c *goSDK) Close(context.Context) error {
	if c.session == nil {
		return nil
	}
	session := c.session
	c.session = nil
	return session.Close()
}
