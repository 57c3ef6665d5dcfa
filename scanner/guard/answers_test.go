// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/scannertest"
)

// put asks a place of a guard, and gives the answer with what it cost.
func put(ctx context.Context, t *testing.T, network scanner.Questioner, transport, address string, q *dns.Msg) (*dns.Msg, int, error) {
	t.Helper()
	raw, err := q.Pack()
	if err != nil {
		t.Fatal(err)
	}
	heard, err := network.Ask(ctx, transport, address, raw)
	if err != nil {
		return nil, 0, err
	}
	reply := new(dns.Msg)
	if err := reply.Unpack(heard.Message); err != nil {
		t.Fatal(err)
	}
	if reply.Id != q.Id || heard.From == "" || heard.At.IsZero() {
		t.Errorf("the answer has id %d, from %q, heard at %s; want id %d", reply.Id, heard.From, heard.At, q.Id)
	}
	return reply, heard.Exchanges, nil
}

func query(name string, kind uint16, change ...func(*dns.Msg)) *dns.Msg {
	q := new(dns.Msg).SetQuestion(name, kind).SetEdns0(udpSize, true)
	for _, c := range change {
		c(q)
	}
	return q
}

// TestAnswers_keyedByTheQuestion: an answer serves the same question alone, whatever
// the case of its name.
func TestAnswers_keyedByTheQuestion(t *testing.T) {
	ns := startNameServer(t)
	// The address of another name in an answer is never taken for its own (RFC 5452 section 6).
	ns.holds("www.chu.test A", "www.chu.test. 60 A 192.0.2.1", "vpn.chu.test. 60 A 192.0.2.66")
	g := newGuard(t, Config{Scope: hospital(), Resolvers: []netip.AddrPort{ns.at}})
	at := ns.at.String()
	for _, test := range []struct {
		name      string
		transport string
		q         *dns.Msg
		want      int // exchanges
	}{
		{"first", scanner.AnyTransport, query("www.chu.test.", dns.TypeA), 1},
		{"again", scanner.AnyTransport, query("www.chu.test.", dns.TypeA), 0},
		{"other-case", "udp", query("WWW.Chu.Test.", dns.TypeA), 0},
		{"other-transport", "tcp", query("www.chu.test.", dns.TypeA), 1},
		{"other-type", "udp", query("www.chu.test.", dns.TypeAAAA), 1},
		{"other-name", "udp", query("vpn.chu.test.", dns.TypeA), 1},
		{"unchecked", "udp", query("www.chu.test.", dns.TypeA, func(q *dns.Msg) { q.CheckingDisabled = true }), 1},
		{"no-recursion", "udp", query("www.chu.test.", dns.TypeA, func(q *dns.Msg) { q.RecursionDesired = false }), 1},
		{"no-signatures", "udp", query("www.chu.test.", dns.TypeA, func(q *dns.Msg) { q.IsEdns0().SetDo(false) }), 1},
	} {
		reply, cost, err := put(t.Context(), t, g, test.transport, at, test.q)
		if err != nil || cost != test.want {
			t.Errorf("%s: cost %d exchanges, %v; want %d", test.name, cost, err, test.want)
		}
		if test.name == "other-name" && len(reply.Answer) > 0 {
			t.Errorf("%s was answered by what another answer held: %v", test.name, reply.Answer)
		}
	}
	if _, err := g.Ask(t.Context(), "udp", at, []byte("GET / HTTP/1.1")); err == nil {
		t.Error("what is no question was sent")
	}
}

// TestAnswers_strangersAreNotKept: an answer to another question is neither believed
// nor kept, and a failure is asked again.
func TestAnswers_strangersAreNotKept(t *testing.T) {
	ns := startNameServer(t)
	ns.says("lie.chu.test A", reply{question: "other.chu.test.", records: []string{"lie.chu.test. 60 A 192.0.2.66"}})
	ns.says("busy.chu.test A", reply{rcode: dns.RcodeServerFailure}, reply{records: []string{"busy.chu.test. 60 A 192.0.2.1"}})
	g := newGuard(t, Config{Scope: hospital(), Resolvers: []netip.AddrPort{ns.at}})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, _, err := put(ctx, t, g, "udp", ns.at.String(), query("lie.chu.test.", dns.TypeA)); err == nil {
		t.Error("a lie was believed")
	}
	if _, cost, err := put(t.Context(), t, g, "udp", ns.at.String(), query("other.chu.test.", dns.TypeA)); err != nil || cost != 1 {
		t.Errorf("the answer of a stranger was kept: %d exchanges, %v", cost, err)
	}
	for _, want := range []int{dns.RcodeServerFailure, dns.RcodeSuccess} {
		got, cost, err := put(t.Context(), t, g, "udp", ns.at.String(), query("busy.chu.test.", dns.TypeA))
		if err != nil || got.Rcode != want || cost != 1 {
			t.Errorf("%s for %d exchanges, %v; want %s", dns.RcodeToString[got.Rcode], cost, err, dns.RcodeToString[want])
		}
	}
}

// TestAnswers_afresh: what confirms is asked anew, once, and never given what a first
// look has read.
func TestAnswers_afresh(t *testing.T) {
	ns := startNameServer(t)
	now := noon
	g := newGuard(t, Config{Scope: hospital(), Resolvers: []netip.AddrPort{ns.at}, Clock: func() time.Time { return now }})
	first := t.Context()
	second := scanner.WithSecondLook(first, map[string][]string{"zone": {"mx"}})
	doubted, settled := scanner.About(second, "zone", "mx"), scanner.About(second, "zone", "txt")
	for _, step := range []struct {
		name string
		ctx  context.Context
		want int
	}{
		{"first look", first, 1},
		{"settled", settled, 0},
		{"in doubt", doubted, 1},
		{"in doubt again", doubted, 0},
		{"settled after that", settled, 0},
		{"in doubt once more", doubted, 0},
		{"a first look that comes late", first, 0},
		{"what confirms it", doubted, 1},
	} {
		if _, cost, err := put(step.ctx, t, g, "udp", ns.at.String(), query("chu.test.", dns.TypeMX)); err != nil || cost != step.want {
			t.Errorf("%s: %d exchanges, %v; want %d", step.name, cost, err, step.want)
		}
	}
	now = now.Add(keepFor)
	if _, cost, _ := put(settled, t, g, "udp", ns.at.String(), query("chu.test.", dns.TypeMX)); cost != 1 {
		t.Errorf("an answer of %s ago still stands", keepFor)
	}
}

// TestAnswers_areRefusedAsDialsAre: whoever may not contact a place gets nothing that
// is known of it.
func TestAnswers_areRefusedAsDialsAre(t *testing.T) {
	ns := startNameServer(t)
	ns.holds("ns1.provider.example A", "ns1.provider.example. 60 A 127.0.0.1")
	scope := hospital()
	scope.Providers = scanner.Providers{Ranges: prefixes("127.0.0.1/32"), Names: []string{"ns1.provider.example"}}
	scope.Ranges = prefixes("192.0.2.0/24")
	now := noon
	g := newGuard(t, Config{Scope: scope, Resolvers: []netip.AddrPort{ns.at}, Clock: func() time.Time { return now }})
	place := "ns1.provider.example:53"
	// As if another look, which might, had asked.
	at := netip.MustParseAddrPort("127.0.0.1:53")
	for _, name := range []string{"chu.test.", "other.example."} {
		q := query(name, dns.TypeSOA)
		message, err := new(dns.Msg).SetReply(q).Pack()
		if err != nil {
			t.Fatal(err)
		}
		g.answers.keep(&answer{asked: askedOf(at, false, q), message: message, from: at.String(), at: now})
	}
	client := scanner.AsClient(t.Context(), asksNames)
	if _, cost, err := put(client, t, g, "udp", place, query("chu.test.", dns.TypeSOA)); err != nil || cost != 0 {
		t.Errorf("a client gets %v for %d exchanges", err, cost)
	}
	_, _, err := put(t.Context(), t, g, "udp", place, query("chu.test.", dns.TypeSOA))
	wantRefusal(t, err, scanner.RefusedProvider)
	_, _, err = put(client, t, g, "udp", place, query("other.example.", dns.TypeSOA))
	wantRefusal(t, err, scanner.RefusedProvider)
	_, _, err = put(t.Context(), t, g, "udp", "127.0.0.9:53", query("chu.test.", dns.TypeSOA))
	wantRefusal(t, err, scanner.RefusedOutOfScope)
	leash := NewLeash(t.Context(), g, scanner.Needs{})
	leash.Release()
	_, _, err = put(client, t, leash, "udp", place, query("chu.test.", dns.TypeSOA))
	wantRefusal(t, err, scanner.RefusedStopped)
	now = noon.Add(48 * time.Hour)
	_, _, err = put(client, t, g, "udp", place, query("chu.test.", dns.TypeSOA))
	wantRefusal(t, err, scanner.RefusedExpired)
	now = noon
	g.Stop()
	_, _, err = put(client, t, g, "udp", place, query("chu.test.", dns.TypeSOA))
	wantRefusal(t, err, scanner.RefusedStopped)
}

// TestAnswers_askedOnceTogether: equal questions at the same time go out once; one who
// is stopped takes nobody along.
func TestAnswers_askedOnceTogether(t *testing.T) {
	a := newAnswers(time.Now)
	q := asked{name: "chu.test.", kind: dns.TypeMX}
	begun, going := make(chan struct{}), make(chan struct{})
	var exchanges int // guarded by the flight itself
	stopped, stop := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() {
		_, _, err := a.once(stopped, q, keepFor, func() (*answer, error) {
			exchanges++
			close(begun)
			<-stopped.Done()
			<-going
			return nil, stopped.Err()
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("whoever was stopped got %v", err)
		}
	})
	<-begun
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, _, err := a.once(gone, q, keepFor, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("whoever left got %v", err)
	}
	for range 20 {
		group.Go(func() {
			found, _, err := a.once(t.Context(), q, keepFor, func() (*answer, error) {
				exchanges++
				return &answer{message: make([]byte, 12), stands: true}, nil
			})
			if err != nil || found == nil {
				t.Errorf("whoever waited got %v", err)
			}
		})
	}
	stop()
	close(going)
	group.Wait()
	if exchanges != 2 {
		t.Errorf("%d exchanges, want the one that was stopped and another", exchanges)
	}
	if len(a.flight) > 0 {
		t.Errorf("%d exchanges seem to be under way", len(a.flight))
	}
}

// TestAnswers_areBounded: a zone that makes us ask about endless names, each with the
// longest answer there is, costs a bounded memory, and the latest answers stay.
func TestAnswers_areBounded(t *testing.T) {
	scannertest.WithinMemory(t, func(t *testing.T) {
		a := newAnswers(time.Now)
		for i := range 2_000 {
			a.keep(&answer{asked: asked{name: fmt.Sprintf("%d.chu.test.", i)}, message: make([]byte, 1<<16-1), at: time.Now()})
		}
		if a.bytes > maxAnswerBytes || len(a.kept) != a.order.Len() || len(a.kept) == 0 {
			t.Errorf("%d bytes in %d answers, %d in order", a.bytes, len(a.kept), a.order.Len())
		}
		if a.find(t.Context(), asked{name: "1999.chu.test."}, keepFor) == nil {
			t.Error("the latest answer was forgotten first")
		}
		for i := range 2 * maxAnswers {
			a.keep(&answer{asked: asked{name: strings.Repeat("a", i%63+1) + fmt.Sprint(i)}, at: time.Now()})
		}
		if len(a.kept) > maxAnswers {
			t.Errorf("%d answers are kept", len(a.kept))
		}
	})
}
