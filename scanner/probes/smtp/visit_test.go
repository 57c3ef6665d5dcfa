// SPDX-License-Identifier: Apache-2.0

package smtpprobe

import (
	"context"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
	"carescan/scanner/fact"
)

const sharedMX = mx + "clinique.test. IN MX 20 mx1.chu.test.\nehpad.test. IN MX 10 mx1.chu.test.\n"

// TestSharedServerIsVisitedOnce: a server that receives the mail of several domains hears
// what one costs, were they looked at together, and each of them tells the same of it
// (exposure-checks.md section 1.2, point 4). Each keeps what is its own: the preference.
func TestSharedServerIsVisitedOnce(t *testing.T) {
	t.Parallel()
	var greeted atomic.Int64
	play := answering("220 mx1.chu.test ESMTP\r\n", "250-mx1.chu.test\r\n250 STARTTLS\r\n")
	n := world(t, sharedMX, map[string]string{"25": serve(t, func(conn net.Conn) { greeted.Add(1); play(conn) })})
	p := New(Options{Timeout: 10 * time.Second})
	facts := make([]fact.MailServers, 3)
	var looks sync.WaitGroup
	for i, domain := range []string{"chu.test", "clinique.test", "ehpad.test"} {
		looks.Go(func() {
			sightings, err := p.Observe(t.Context(), n, scanner.DomainTarget(domain))
			if err != nil {
				t.Error(err)
				return
			}
			facts[i] = sightings[0].Fact.(fact.MailServers)
		})
	}
	looks.Wait()
	once := greeted.Load()
	for i, f := range facts {
		if diff := cmp.Diff(only(t, facts[0]), only(t, f)); diff != "" {
			t.Errorf("domain %d tells otherwise (-first +this):\n%s", i, diff)
		}
	}
	if facts[1].Servers[0].Preference != 20 {
		t.Errorf("the second domain prefers %d, want its own 20", facts[1].Servers[0].Preference)
	}
	alone := New(Options{Timeout: 10 * time.Second})
	if _, err := alone.Observe(t.Context(), n, scanner.DomainTarget("chu.test")); err != nil {
		t.Fatal(err)
	}
	if cost := greeted.Load() - once; once != cost || cost == 0 {
		t.Errorf("three domains cost %d greetings, one alone %d", once, cost)
	}
}

// TestVisitsThatServeNobodyElse: what confirms is seen again, what failed may pass, and a
// relay is asked for by each domain.
func TestVisitsThatServeNobodyElse(t *testing.T) {
	t.Parallel()
	first := func(ctx context.Context) context.Context { return ctx }
	for name, tt := range map[string]struct {
		greeting, answer string
		second           func(context.Context) context.Context
		relay            bool
		shared           bool
	}{
		"answered":   {"220 mx\r\n", "250 mx\r\n", first, false, true},
		"confirming": {"220 mx\r\n", "250 mx\r\n", func(ctx context.Context) context.Context { return scanner.WithAttempt(ctx, 1) }, false, false},
		"come-back":  {"451 come back\r\n", "", first, false, false},
		"relay":      {"220 mx\r\n", "250 mx\r\n", first, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var greeted atomic.Int64
			play := answering(tt.greeting, tt.answer)
			n := world(t, sharedMX, map[string]string{"25": serve(t, func(conn net.Conn) { greeted.Add(1); play(conn) })})
			o := Options{Timeout: 10 * time.Second}
			if n.Authorised = tt.relay; tt.relay {
				o.RelaySender, o.RelayRecipient = "a@ours.test", "b@theirs.test"
			}
			p := New(o)
			if _, err := p.Observe(t.Context(), n, scanner.DomainTarget("chu.test")); err != nil {
				t.Fatal(err)
			}
			before := greeted.Load()
			if _, err := p.Observe(tt.second(t.Context()), n, scanner.DomainTarget("clinique.test")); err != nil {
				t.Fatal(err)
			}
			if shared := greeted.Load() == before; shared != tt.shared {
				t.Errorf("%d greetings, then %d; shared %t, want %t", before, greeted.Load()-before, shared, tt.shared)
			}
		})
	}
}

// TestCutVisitIsMadeAgain: who waited for a look that was stopped looks by itself.
func TestCutVisitIsMadeAgain(t *testing.T) {
	t.Parallel()
	var greeted atomic.Int64
	began := make(chan struct{})
	stopped, stop := context.WithCancel(t.Context())
	play := answering("220 mx\r\n", "250 mx\r\n")
	n := world(t, sharedMX, map[string]string{"25": serve(t, func(conn net.Conn) {
		if greeted.Add(1) > 1 {
			play(conn)
			return
		}
		close(began)
		io.Copy(io.Discard, conn) // the first one waits in vain
	})})
	p := New(Options{Timeout: time.Minute})
	var looks sync.WaitGroup
	looks.Go(func() { _, _ = p.Observe(stopped, n, scanner.DomainTarget("chu.test")) })
	<-began
	var f fact.MailServers
	looks.Go(func() {
		sightings, err := p.Observe(t.Context(), n, scanner.DomainTarget("clinique.test"))
		if err != nil {
			t.Error(err)
			return
		}
		f = sightings[0].Fact.(fact.MailServers)
	})
	stop()
	looks.Wait()
	if !slices.ContainsFunc(only(t, f).Ports, func(p fact.MailPort) bool { return p.Port == 25 && p.Reach == fact.Answered }) {
		t.Errorf("the second domain saw %+v", only(t, f))
	}
}
