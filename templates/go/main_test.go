package main

import (
	"context"
	"testing"
)

func TestItComesUpAndEndsWithoutAnAgent(t *testing.T) {
	t.Setenv("CROUPIER_AGENT_ADDR", "127.0.0.1:1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := run(ctx); err != nil {
		t.Error(err)
	}
}
