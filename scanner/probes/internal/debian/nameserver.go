// SPDX-License-Identifier: Apache-2.0

package debian

import (
	"context"
	"net/netip"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// NameServer runs a name server, and waits until it answers for its zones over
// both transports: it listens before it has read them. A resolver has none, and
// any answer will do.
func NameServer(t testing.TB, command *exec.Cmd, at netip.AddrPort, zones ...string) {
	t.Helper()
	Start(t, command, strconv.Itoa(int(at.Port())))
	ready := func(reply *dns.Msg) bool { return reply.Authoritative && len(reply.Answer) > 0 }
	if len(zones) == 0 {
		zones, ready = []string{"."}, func(*dns.Msg) bool { return true }
	}
	ctx, cancel := context.WithTimeout(t.Context(), readiness)
	defer cancel()
	for _, transport := range []string{"udp", "tcp"} {
		for _, zone := range zones {
			waitAnswer(ctx, t, transport, at, zone, ready)
		}
	}
}

func waitAnswer(ctx context.Context, t testing.TB, transport string, at netip.AddrPort, zone string, ready func(*dns.Msg) bool) {
	t.Helper()
	client := dns.Client{Net: transport, Timeout: time.Second}
	for retry := time.Tick(10 * time.Millisecond); ; {
		reply, _, err := client.ExchangeContext(ctx, new(dns.Msg).SetQuestion(dns.Fqdn(zone), dns.TypeSOA), at.String())
		if err == nil && ready(reply) {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("no answer for %s over %s from %s: %v, %v", zone, transport, at, reply, err)
		case <-retry:
		}
	}
}
