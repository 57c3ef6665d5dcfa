// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/loopback"
)

const soa = "chu.test. IN SOA ns1.chu.test. hostmaster.chu.test. 1 7200 3600 1209600 300\n"

// transferOf makes the attempt at one server with a habit.
func transferOf(t *testing.T, handler dns.HandlerFunc) (fact.Transfer, string) {
	t.Helper()
	zone := newZone(t, true, "chu.test. IN NS ns1.chu.test.")
	net := &loopback.Network{
		Recursives: []netip.AddrPort{loopback.ServeDNS(t, zone)},
		Routes:     map[string]string{"ns1.chu.test:53": loopback.ServeDNS(t, handler).String()},
	}
	_, sighting := observe(t, net, 2*time.Second, "chu.test")
	return sighting.Fact.(fact.Transfer), sighting.Missing.Detail()
}

// onAXFR answers transfers, and has no authority over anything else.
func onAXFR(deliver func(w dns.ResponseWriter, q *dns.Msg)) dns.HandlerFunc {
	return func(w dns.ResponseWriter, q *dns.Msg) {
		if q.Question[0].Qtype != dns.TypeAXFR {
			w.WriteMsg(new(dns.Msg).SetRcode(q, dns.RcodeRefused))
			return
		}
		deliver(w, q)
	}
}

// send answers with records of a zone file.
func send(t *testing.T, text string) func(w dns.ResponseWriter, q *dns.Msg) {
	records := newZone(t, false, text).records
	return func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		m.Answer = records
		w.WriteMsg(m)
	}
}

func TestTransfer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		deliver func(w dns.ResponseWriter, q *dns.Msg)
		result  fact.TransferResult
		records int
	}{
		"delivered":        {send(t, soa+hospital+soa), fact.TransferDelivered, 10},
		"only-soa":         {send(t, soa+soa), fact.TransferDelivered, 1},
		"cut":              {send(t, soa+hospital), fact.TransferDelivered, 10},
		"refused":          {code(dns.RcodeRefused), fact.TransferRefused, 0},
		"not-auth":         {code(dns.RcodeNotAuth), fact.TransferRefused, 0},
		"servfail":         {code(dns.RcodeServerFailure), fact.TransferFailed, 0},
		"empty":            {code(dns.RcodeSuccess), fact.TransferFailed, 0},
		"not-a-zone":       {send(t, hospital), fact.TransferFailed, 0},
		"soa-then-nothing": {send(t, soa), fact.TransferFailed, 1},
		"other-zone":       {send(t, strings.ReplaceAll(soa, "chu.test. IN", "other.test. IN")), fact.TransferFailed, 0},
		"silent":           {func(dns.ResponseWriter, *dns.Msg) {}, fact.TransferFailed, 0},
		"hung-up":          {func(w dns.ResponseWriter, _ *dns.Msg) { w.Close() }, fact.TransferFailed, 0},
		"garbage":          {func(w dns.ResponseWriter, _ *dns.Msg) { w.Write([]byte("SSH-2.0-x\r\n")) }, fact.TransferFailed, 0},
		"other-id":         {func(w dns.ResponseWriter, q *dns.Msg) { q.Id++; send(t, soa+soa)(w, q) }, fact.TransferFailed, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, missing := transferOf(t, onAXFR(tt.deliver))
			if len(got.Tries) != 1 {
				t.Fatalf("%d tries, want 1", len(got.Tries))
			}
			try := got.Tries[0]
			if try.Result != tt.result || try.Records != tt.records || try.Server != "ns1.chu.test" || try.Address == "" {
				t.Errorf("got %+v, want %s with %d records", try, tt.result, tt.records)
			}
			if (missing != "") != (tt.result == fact.TransferFailed) {
				t.Errorf("missing %q", missing)
			}
		})
	}
}

func code(rcode int) func(w dns.ResponseWriter, q *dns.Msg) {
	return func(w dns.ResponseWriter, q *dns.Msg) { w.WriteMsg(new(dns.Msg).SetRcode(q, rcode)) }
}

// TestTransferOfTheInside counts what a delivered zone shows of the inside.
func TestTransferOfTheInside(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		hospital:                                        0,
		"dossier.chu.test. IN A 10.1.2.3\n":             1,
		"dossier.chu.test. IN AAAA fd00::1\n":           1,
		"x.INTRANET.chu.test. IN A 192.0.2.1\n":         1,
		"localisation.chu.test. IN A 192.0.2.1\n":       0,
		"www.chu.test. IN CNAME intranet.other.test.\n": 0,
	} {
		got, _ := transferOf(t, onAXFR(send(t, soa+text+soa)))
		if try := got.Tries[0]; try.Internal != want || try.Result != fact.TransferDelivered || got.NS != fact.Present {
			t.Errorf("%q: %+v, NS %s", text, try, got.NS)
		}
	}
}

// TestTransferStops holds that an endless zone is left after the first bytes.
func TestTransferStops(t *testing.T) {
	t.Parallel()
	first := newZone(t, false, soa).records[0]
	got, _ := transferOf(t, onAXFR(func(w dns.ResponseWriter, q *dns.Msg) {
		for i, err := 0, error(nil); err == nil; i++ {
			m := new(dns.Msg).SetReply(q)
			if i == 0 {
				m.Answer = []dns.RR{first}
			}
			for j := range 100 {
				rr, _ := dns.NewRR(fmt.Sprintf("h%d-%d.chu.test. 300 IN A 192.0.2.1", i, j))
				m.Answer = append(m.Answer, rr)
			}
			err = w.WriteMsg(m)
		}
	}))
	try := got.Tries[0]
	if try.Result != fact.TransferDelivered || try.Records == 0 || try.Records > maxTransferBytes/16 {
		t.Errorf("got %+v", try)
	}
}

func TestTransferDoors(t *testing.T) {
	t.Parallel()
	zone := newZone(t, true, "chu.test. IN NS closed.chu.test.\nchu.test. IN NS out.elsewhere.test.\nchu.test. IN NS two.chu.test.\nchu.test. IN NS gone.chu.test.\n")
	closed := loopback.Free(t).String()
	own := loopback.ServeDNS(t, onAXFR(code(dns.RcodeRefused))).String()
	net := &loopback.Network{
		Recursives: []netip.AddrPort{loopback.ServeDNS(t, zone)},
		Routes:     map[string]string{"closed.chu.test:53": closed, "two.chu.test:53": own, "192.0.2.7:53": own},
		Addresses: map[string][]netip.Addr{
			"two.chu.test":       {netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::7")},
			"out.elsewhere.test": {netip.MustParseAddr("192.0.2.8")},
		},
	}
	_, sighting := observe(t, net, 10*time.Second, "chu.test")
	var got []string
	for _, try := range sighting.Fact.(fact.Transfer).Tries {
		got = append(got, try.Server+" "+string(try.Result))
	}
	want := "closed.chu.test refused, gone.chu.test no-address, out.elsewhere.test not-asked, two.chu.test refused, two.chu.test refused, two.chu.test failed"
	if text := strings.Join(got, ", "); text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	for _, dial := range net.Dials() {
		if strings.Contains(dial, "elsewhere") {
			t.Errorf("a server outside the scope was dialled: %s", dial)
		}
	}
	if !slices.Contains(net.Dials(), "tcp6 two.chu.test:53") {
		t.Errorf("the other family was not dialled: %v", net.Dials())
	}
}

func TestTransferOfManyServers(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range maxServers + 3 {
		fmt.Fprintf(&text, "chu.test. IN NS ns%02d.chu.test.\n", i)
	}
	_, sighting := observe(t, &loopback.Network{Recursives: []netip.AddrPort{loopback.ServeDNS(t, newZone(t, true, text.String()))}}, 0, "chu.test")
	tries := sighting.Fact.(fact.Transfer).Tries
	if last := tries[len(tries)-1]; len(tries) != maxServers+3 || !strings.Contains(last.Error, "more than 8") {
		t.Errorf("%d tries, the last %+v", len(tries), last)
	}
}
