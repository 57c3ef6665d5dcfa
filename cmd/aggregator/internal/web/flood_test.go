// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/scanner/scannertest"
)

const (
	// soon is within what a person is served, whatever others do.
	soon = 2 * time.Second
	// maxMemory is what the aggregator may take at most, in bytes, pages included.
	maxMemory = 512 << 20
)

// from is a visitor whose connections come from an address of the loopback.
func (s *site) from(address string) *visitor {
	s.t.Helper()
	v := s.visitor()
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	v.client.Transport.(*http.Transport).DialContext = dialer.DialContext
	return v
}

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

// TestGuessesLockNobodyOut: two hundred guesses at once on one account, from as many
// addresses, take their turn; its owner signs in.
func TestGuessesLockNobodyOut(t *testing.T) {
	scannertest.WithinBytes(t, maxMemory, func(t *testing.T) {
		s := newSite(t)
		known := s.signIn(administrator())
		form := url.Values{"email": {administrator().Email}, "password": {"a guess of twelve"}, "code": {"000000"}}
		strangers := make([]*visitor, 200)
		for i := range strangers {
			strangers[i] = s.from(fmt.Sprintf("127.0.2.%d", i+1)).get("/sign-in").sees(http.StatusOK)
		}
		owner := s.visitor().get("/sign-in").sees(http.StatusOK)
		var group sync.WaitGroup
		for _, v := range strangers {
			group.Go(func() { v.post("/sign-in", form) })
		}
		started := time.Now()
		owner.post("/sign-in", url.Values{
			"email": {administrator().Email}, "password": {password}, "code": {owner.code(known.secretOf, 1)},
		}).sees(http.StatusOK, "Vue de la région")
		if took := time.Since(started); took > soon {
			t.Errorf("the owner signed in within %v, at most %v are wanted", took, soon)
		}
		group.Wait()
		got := map[int]int{}
		for _, v := range strangers {
			got[v.last.StatusCode]++
			if v.last.StatusCode == http.StatusServiceUnavailable {
				v.sees(http.StatusServiceUnavailable, "Beaucoup de connexions sont demandées en même temps")
			}
		}
		if got[http.StatusUnauthorized] > 50 || got[http.StatusUnauthorized] == 0 || got[http.StatusUnauthorized]+got[http.StatusTooManyRequests]+got[http.StatusServiceUnavailable] != len(strangers) {
			t.Errorf("the strangers are answered %v", got)
		}
		t.Logf("the strangers are answered %v", got)
	})
}
