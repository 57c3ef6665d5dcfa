// SPDX-License-Identifier: Apache-2.0

package dnswire

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner"
)

// door is a network that keeps answers: one resolver, which checks signatures.
type door struct {
	scanner.Network
	told map[string]bool // questions heard before
	rule func(q, reply *dns.Msg) error
}

func (d *door) Ask(_ context.Context, transport, _ string, raw []byte) (scanner.Heard, error) {
	q := new(dns.Msg)
	if err := q.Unpack(raw); err != nil {
		return scanner.Heard{}, err
	}
	reply := new(dns.Msg).SetReply(q)
	if err := d.rule(q, reply); err != nil {
		return scanner.Heard{}, err
	}
	message, err := reply.Pack()
	if err != nil {
		return scanner.Heard{}, err
	}
	heard := scanner.Heard{Message: message, From: "192.0.2.53:53", At: time.Date(2026, 11, 30, 20, 1, 2, 0, time.UTC), Exchanges: 1}
	key := transport + q.Question[0].String()
	if d.told[key] {
		heard.Exchanges = 0
	}
	d.told[key] = reply.Rcode == dns.RcodeSuccess
	return heard, nil
}

// TestAskerCountsWhatItSends: what was heard before costs nothing, and is told to be so.
func TestAskerCountsWhatItSends(t *testing.T) {
	d := &door{told: map[string]bool{}, rule: func(_, _ *dns.Msg) error { return nil }}
	a, s := NewAsker(d, time.Second, 2), Server{Address: "192.0.2.53:53"}
	for i, want := range []struct {
		made   int
		before string
	}{{1, ""}, {1, " (heard earlier in this run, at 20:01:02 UTC)"}, {1, " (heard earlier in this run, at 20:01:02 UTC)"}} {
		_, from, err := a.Ask(t.Context(), s, NewQuery("chu.test", dns.TypeMX, true))
		if err != nil || from != "192.0.2.53:53" || a.Made() != want.made || a.Before() != want.before {
			t.Errorf("question %d: from %q, %d made, %q, %v; want %+v", i, from, a.Made(), a.Before(), err, want)
		}
	}
	if _, _, err := a.Ask(t.Context(), s, NewQuery("chu.test", dns.TypeNS, true)); err != nil || a.Before() != "" {
		t.Errorf("another question: %v, %q", err, a.Before())
	}
	if _, _, err := a.Ask(t.Context(), s, NewQuery("chu.test", dns.TypeA, true)); !errors.Is(err, ErrSpent) {
		t.Errorf("beyond what may be asked: %v, want %v", err, ErrSpent)
	}
}

// TestConsult: what a resolver hides is asked for unchecked, and a healthy name costs one
// question.
func TestConsult(t *testing.T) {
	for name, test := range map[string]struct {
		checked, unchecked int // codes
		want               int
		hidden             bool
		made               int
	}{
		"healthy":      {dns.RcodeSuccess, dns.RcodeSuccess, dns.RcodeSuccess, false, 1},
		"absent":       {dns.RcodeNameError, dns.RcodeSuccess, dns.RcodeNameError, false, 1},
		"refused":      {dns.RcodeRefused, dns.RcodeSuccess, dns.RcodeRefused, false, 1},
		"badly-signed": {dns.RcodeServerFailure, dns.RcodeSuccess, dns.RcodeSuccess, true, 2},
		"dead-servers": {dns.RcodeServerFailure, dns.RcodeServerFailure, dns.RcodeServerFailure, false, 2},
	} {
		d := &door{told: map[string]bool{}, rule: func(q, reply *dns.Msg) error {
			if reply.Rcode = test.checked; q.CheckingDisabled {
				reply.Rcode = test.unchecked
			}
			if opt := q.IsEdns0(); opt == nil || !opt.Do() || !q.RecursionDesired {
				t.Errorf("%s: asked without signatures or recursion: %v", name, q)
			}
			return nil
		}}
		a := NewAsker(d, time.Second, 10)
		reply, _, hidden, err := a.Consult(t.Context(), Server{Address: "192.0.2.53:53"}, "chu.test", dns.TypeA)
		if err != nil || reply.Rcode != test.want || hidden != test.hidden || a.Made() != test.made {
			t.Errorf("%s: %v, hidden %t, %d made, %v; want %+v", name, reply, hidden, a.Made(), err, test)
		}
	}
}

// TestTurn: another server is asked first about what is in doubt, and only then.
func TestTurn(t *testing.T) {
	list := []string{"one", "two", "three"}
	second := scanner.WithSecondLook(t.Context(), map[string][]string{"mail-policy": {"spf"}})
	for name, test := range map[string]struct {
		ctx  context.Context
		want string
	}{
		"first":         {t.Context(), "one"},
		"first-about":   {scanner.About(t.Context(), "mail-policy", "spf"), "one"},
		"doubted":       {scanner.About(second, "mail-policy", "spf"), "two"},
		"not-doubted":   {scanner.About(second, "mail-policy", "dkim"), "one"},
		"nobody-said":   {second, "two"},
		"settled":       {scanner.Settled(second), "one"},
		"other-attempt": {scanner.WithAttempt(t.Context(), 1), "two"},
	} {
		if got := Turn(test.ctx, list); got[0] != test.want || len(got) != len(list) {
			t.Errorf("%s: %q first, want %q", name, got, test.want)
		}
	}
}
