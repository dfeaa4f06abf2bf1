// An MCP server of the Go SDK that takes the tokens of the authorization server it is told; prints its URL.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
)

type order struct {
	Seed string `json:"seed" jsonschema:"what is planted"`
}

func plant(_ context.Context, _ *mcp.CallToolRequest, given order) (*mcp.CallToolResult, any, error) {
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: given.Seed + " grows"}}}, nil, nil
}

// verify asks the authorization server, as RFC 7662 has it.
func verify(issuer string) auth.TokenVerifier {
	return func(_ context.Context, token string, _ *http.Request) (*auth.TokenInfo, error) {
		answer, err := http.PostForm(issuer+"introspect", url.Values{"token": {token}})
		if err != nil {
			return nil, err
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return nil, auth.ErrInvalidToken
		}
		return &auth.TokenInfo{Scopes: []string{"garden"}, Expiration: time.Now().Add(time.Hour)}, nil
	}
}

func main() {
	issuer := os.Args[1]
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	origin := "http://" + listener.Addr().String()
	server := mcp.NewServer(&mcp.Implementation{Name: "garden", Version: "0.4.0"}, nil)
	mcp.AddTool(server, &mcp.Tool{Name: "plant", Description: "Plants a seed"}, plant)
	handler := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, nil)
	metadataURL := origin + "/.well-known/oauth-protected-resource/mcp"
	gate := auth.RequireBearerToken(verify(issuer), &auth.RequireBearerTokenOptions{ResourceMetadataURL: metadataURL})
	mux := http.NewServeMux()
	mux.Handle("/mcp", gate(handler))
	mux.Handle("/.well-known/oauth-protected-resource/mcp", auth.ProtectedResourceMetadataHandler(&oauthex.ProtectedResourceMetadata{
		Resource:             origin + "/mcp",
		AuthorizationServers: []string{issuer},
		ScopesSupported:      []string{"garden"},
	}))
	fmt.Println(origin + "/mcp")
	log.Fatal(http.Serve(listener, mux))
}
