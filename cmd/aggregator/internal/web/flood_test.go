// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"carescan/cmd/aggregator/internal/regiontest"
)

// soon is within what a person is served, whatever others do.
const soon = 2 * time.Second

// TestSilentConnectionsKeepNoReaderOut: 600 connections of the very address of an
// analyst, more than the pages have in all.
func TestSilentConnectionsKeepNoReaderOut(t *testing.T) {
	for name, silence := range regiontest.Silences() {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			admin := s.signIn(administrator())
			stranger := s.visitor()
			regiontest.Flood(t, strings.TrimPrefix(s.url, "https://"), 600, silence)
			started := time.Now()
			admin.get("/").sees(http.StatusOK, "Vue de la région")
			admin.client.CloseIdleConnections()
			admin.get("/").sees(http.StatusOK, "Vue de la région")
			stranger.get("/sign-in").sees(http.StatusOK)
			if took := time.Since(started); took > soon {
				t.Errorf("three pages took %v, at most %v are wanted", took, soon)
			}
		})
	}
}
