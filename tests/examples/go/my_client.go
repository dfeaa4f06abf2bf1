package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
)

const redirectURI = "http://127.0.0.1:33418/callback"

// approve opens an authorization URL as a person who agrees at once.
func approve(_ context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := browser.Get(args.URL + "&auto_approve=true")
	if err != nil {
		return nil, err
	}
	answer.Body.Close()
	callback, err := url.Parse(answer.Header.Get("location"))
	if err != nil {
		return nil, err
	}
	query := callback.Query()
	return &auth.AuthorizationResult{Code: query.Get("code"), State: query.Get("state"), Iss: query.Get("iss")}, nil
}

// myClient is a client of Go's SDK that logs in, with no browser, and calls a tool.
func myClient(endpoint string) error {
	ctx := context.Background()
	handler, err := auth.NewAuthorizationCodeHandler(&auth.AuthorizationCodeHandlerConfig{
		RedirectURL: redirectURI,
		DynamicClientRegistrationConfig: &auth.DynamicClientRegistrationConfig{
			Metadata: &oauthex.ClientRegistrationMetadata{ClientName: "my client", RedirectURIs: []string{redirectURI}},
		},
		AuthorizationCodeFetcher: approve,
	})
	if err != nil {
		return err
	}
	client := mcp.NewClient(&mcp.Implementation{Name: "my client", Version: "1"}, nil)
	session, err := client.Connect(ctx, &mcp.StreamableClientTransport{Endpoint: endpoint, OAuthHandler: handler}, nil)
	if err != nil {
		return err
	}
	defer session.Close()
	if _, err := session.ListTools(ctx, nil); err != nil {
		return err
	}
	_, err = session.CallTool(ctx, &mcp.CallToolParams{Name: "mock_echo", Arguments: map[string]any{"message": "hi"}})
	return err
}
