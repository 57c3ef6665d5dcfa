// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/sources"
	"carescan/scanner"
	"carescan/scanner/probes/inventory"
	"carescan/scanner/scannertest"
	"carescan/scanner/settings"
)

// world is a resolver that knows as many healthy domains as are asked for,
// their two name servers and their registry, in one process.
type world struct {
	resolver, registry netip.AddrPort
	queries            atomic.Int64
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{}
	w.resolver = w.serve(t, w.answer)
	w.registry = w.serve(t, w.refer)
	return w
}

// serve answers and counts the questions.
func (w *world) serve(t testing.TB, answer func(dns.Question, *dns.Msg)) netip.AddrPort {
	t.Helper()
	handler := dns.HandlerFunc(func(to dns.ResponseWriter, question *dns.Msg) {
		w.queries.Add(1)
		reply := new(dns.Msg).SetReply(question)
		answer(question.Question[0], reply)
		if opt := question.IsEdns0(); opt != nil {
			reply.SetEdns0(1232, false)
		}
		_ = to.WriteMsg(reply) // the asker may be gone
	})
	return startResolver(t, handler)
}

// startResolver answers on one port over UDP and TCP until the test ends.
func startResolver(t testing.TB, handler dns.HandlerFunc) netip.AddrPort {
	t.Helper()
	streams, packets, err := scannertest.ListenBoth("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	for _, server := range []*dns.Server{{PacketConn: packets, Handler: handler}, {Listener: streams, Handler: handler}} {
		started := make(chan struct{})
		server.NotifyStartedFunc = func() { close(started) }
		go func() { _ = server.ActivateAndServe() }() // ends with Shutdown
		<-started
		t.Cleanup(func() { _ = server.Shutdown() })
	}
	return netip.MustParseAddrPort(packets.LocalAddr().String())
}

// records are those of every domain, "%s" standing for its name. The mail is
// received by a provider outside the scope.
var records = map[string][]string{
	"%s NS":             {"%s 3600 IN NS ns1.hote.test.", "%s 3600 IN NS ns2.hote.test."},
	"%s SOA":            {"%s 3600 IN SOA ns1.hote.test. admin.hote.test. 2026110101 14400 3600 1209600 3600"},
	"%s MX":             {"%s 3600 IN MX 10 mx.fournisseur.example."},
	"%s TXT":            {`%s 3600 IN TXT "v=spf1 include:_spf.fournisseur.example -all"`},
	"%s CAA":            {`%s 3600 IN CAA 0 issue "autorite.example"`},
	"%s A":              {"%s 3600 IN A 192.0.2.10"},
	"_dmarc.%s TXT":     {`_dmarc.%s 3600 IN TXT "v=DMARC1; p=reject; rua=mailto:dmarc@%s"`},
	"_mta-sts.%s TXT":   {`_mta-sts.%s 3600 IN TXT "v=STSv1; id=1"`},
	"_smtp._tls.%s TXT": {`_smtp._tls.%s 3600 IN TXT "v=TLSRPTv1; rua=mailto:tls@%s"`},
}

// fixed are the records of everybody else.
var fixed = map[string][]string{
	"test. NS":                      {"test. 3600 IN NS a.registre.test."},
	"a.registre.test. A":            {"a.registre.test. 3600 IN A 192.0.2.1"},
	"ns1.hote.test. A":              {"ns1.hote.test. 3600 IN A 192.0.2.2"},
	"ns2.hote.test. A":              {"ns2.hote.test. 3600 IN A 198.51.100.2"},
	"mx.fournisseur.example. A":     {"mx.fournisseur.example. 3600 IN A 203.0.113.5"},
	"_spf.fournisseur.example. TXT": {`_spf.fournisseur.example. 3600 IN TXT "v=spf1 ip4:203.0.113.0/24 -all"`},
	"fournisseur.example. NS":       {"fournisseur.example. 3600 IN NS ns.fournisseur.example."},
	"hote.test. NS":                 {"hote.test. 3600 IN NS ns1.hote.test."},
}

// answer stands for the resolver and for the servers of the domains.
func (w *world) answer(q dns.Question, reply *dns.Msg) {
	reply.Authoritative, reply.RecursionAvailable = true, true
	name, kind := strings.ToLower(q.Name), dns.TypeToString[q.Qtype]
	texts := fixed[name+" "+kind]
	domain := domainOf(name)
	if len(texts) == 0 && domain != "" {
		texts = records[strings.Replace(name, domain, "%s", 1)+" "+kind]
	}
	if q.Qtype == dns.TypeAXFR {
		reply.Rcode = dns.RcodeRefused
		return
	}
	for _, text := range texts {
		record, err := dns.NewRR(strings.ReplaceAll(text, "%s", domain))
		if err != nil {
			panic(fmt.Sprintf("test record %q: %v", text, err))
		}
		reply.Answer = append(reply.Answer, record)
	}
	if len(texts) == 0 && !known(name, domain) {
		reply.Rcode = dns.RcodeNameError
	}
}

func known(name, domain string) bool {
	for key := range fixed {
		if strings.HasPrefix(key, name+" ") {
			return true
		}
	}
	for key := range records {
		if domain != "" && strings.HasPrefix(strings.ReplaceAll(key, "%s", domain), name+" ") {
			return true
		}
	}
	return false
}

// domainOf is "d12.test." in "_dmarc.d12.test.".
func domainOf(name string) string {
	labels := dns.SplitDomainName(name)
	if len(labels) < 2 || labels[len(labels)-1] != "test" || !strings.HasPrefix(labels[len(labels)-2], "d") {
		return ""
	}
	return labels[len(labels)-2] + ".test."
}

// refer stands for the registry: it delegates and knows nothing else.
func (w *world) refer(q dns.Question, reply *dns.Msg) {
	for _, text := range records["%s NS"] {
		record, err := dns.NewRR(strings.ReplaceAll(text, "%s", domainOf(strings.ToLower(q.Name))))
		if err != nil {
			panic(err)
		}
		reply.Ns = append(reply.Ns, record)
	}
}

// configOf is the configuration of an agent that looks at some of the domains.
func (w *world) configOf(count int) config.Config {
	c := config.Default(sources.Sections())
	c.Establishment = config.Establishment{FINESS: "690781810", Name: "CHU"}
	c.Scope = config.Scope{
		Names:         []string{"*.test"},
		Ranges:        []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Authorisation: config.Authorisation{By: "directeur", From: settings.Moment(time.Now().Add(-time.Hour)), Until: settings.Moment(time.Now().Add(time.Hour))},
	}
	for i := range count {
		c.Targets.Domains = append(c.Targets.Domains, fmt.Sprintf("d%d.test", i))
	}
	c.Network.Resolvers = []string{w.resolver.String()}
	c.Network.ConfirmAfter = time.Millisecond
	c.Network.RequestRate = 1e6
	c.Network.ConcurrentPerHost, c.Network.BudgetPerHost = 64, 1<<30
	for _, server := range []string{"ns1.hote.test", "ns2.hote.test"} {
		c.Network.Redirects = append(c.Network.Redirects, config.Redirect{From: server + ":53", To: w.resolver.String()})
	}
	c.Network.Redirects = append(c.Network.Redirects, config.Redirect{From: "a.registre.test:53", To: w.registry.String()})
	return c
}

// domainsOnly are the looks of a plan at domains, without the inventory, which
// looks for more than the DNS and the mail.
func domainsOnly(tasks []scanner.Task) []scanner.Task {
	var kept []scanner.Task
	for _, task := range tasks {
		if task.Target.Kind == scanner.KindDomain && task.Probe != inventory.Name {
			kept = append(kept, task)
		}
	}
	return kept
}
