// SPDX-License-Identifier: Apache-2.0

package registration

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/loopback"
)

const zone = `
chu.test. IN NS ns1.chu.test.
chu.test. IN NS ns.dns-seller.test.
chu.test. IN MX 10 mx.mail-seller.test.
chu.test. IN TXT "v=spf1 include:_spf.mail-seller.test " "~include:%{i}.spf.gone.test -all"
chu.test. IN TXT "other text include:text.test"
dns-seller.test. IN NS ns.dns-seller.test.
mail-seller.test. IN SOA ns.dns-seller.test. root.dns-seller.test. 1 2 3 4 5
`

// domain is an answer of a registry, with a holder that must not be kept.
func domain(name, status string) string {
	return fmt.Sprintf(`{"objectClassName":"domain","ldhName":%q,"status":[%s],
"events":[{"eventAction":"registration","eventDate":"2001-01-01T00:00:00Z"},{"eventAction":"expiration","eventDate":"2027-03-01T10:00:00+01:00"}],
"entities":[{"vcardArray":["vcard",[["fn",{},"text","Holder Name"],["email",{},"text","holder@chu.test"]]]}]}`, name, status)
}

// registry serves the domains it knows, and a 404 for all others.
func registry(known ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/rdap/domain/")
		if !slices.Contains(known, name) {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", mediaType)
		fmt.Fprint(w, domain(strings.ToUpper(name), `"active","client transfer prohibited","holder@chu.test"`))
	}
}

// world is the resolver and the registry of one test.
type world struct {
	network *loopback.Network
	options Options
}

func newWorld(t *testing.T, text string, rdap http.Handler) world {
	t.Helper()
	w := world{network: &loopback.Network{Recursives: []netip.AddrPort{resolver(t, text)}, Routes: map[string]string{}}}
	w.options = Options{Timeout: 2 * time.Second}
	if rdap == nil {
		return w
	}
	server := httptest.NewTLSServer(rdap)
	t.Cleanup(server.Close)
	w.options.Roots = x509.NewCertPool()
	w.options.Roots.AddCert(server.Certificate())
	w.options.Base = "https://example.com/rdap/" // the name of the test certificate
	w.network.Routes["example.com:443"] = server.Listener.Addr().String()
	return w
}

func (w world) look(t *testing.T, name string) fact.Registration {
	t.Helper()
	probe, err := New(w.options)
	if err != nil {
		t.Fatal(err)
	}
	sightings, err := probe.Observe(t.Context(), w.network, scanner.DomainTarget(name))
	if err != nil {
		t.Fatal(err)
	}
	return sightings[0].Fact.(fact.Registration)
}

// resolver answers from a zone file, over UDP.
func resolver(t *testing.T, text string) netip.AddrPort {
	t.Helper()
	var records []dns.RR
	parser := dns.NewZoneParser(strings.NewReader("$TTL 300\n"+text), ".", "")
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		records = append(records, rr)
	}
	if err := parser.Err(); err != nil {
		t.Fatal(err)
	}
	return loopback.ServeDNS(t, dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) { w.WriteMsg(resolve(records, q)) }))
}

func resolve(records []dns.RR, q *dns.Msg) *dns.Msg {
	m := new(dns.Msg).SetReply(q)
	m.RecursionAvailable, m.Rcode = true, dns.RcodeNameError
	for _, rr := range records {
		if dns.IsSubDomain(q.Question[0].Name, rr.Header().Name) {
			m.Rcode = dns.RcodeSuccess
		}
		if rr.Header().Name == q.Question[0].Name && rr.Header().Rrtype == q.Question[0].Qtype {
			m.Answer = append(m.Answer, rr)
		}
	}
	return m
}

func TestObserve(t *testing.T) {
	t.Parallel()
	w := newWorld(t, zone, registry("chu.test", "dns-seller.test", "mail-seller.test"))
	end := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	known := fact.RegistryAnswer{State: fact.Registered, Expires: &end, Status: []string{"active", "client transfer prohibited"}}
	want := fact.Registration{
		Name: "chu.test", Service: "example.com", Domain: known,
		Suppliers: []fact.Supplier{
			{Domain: "dns-seller.test", Roles: []string{"ns"}, DNS: fact.Present, Registry: known},
			{Domain: "mail-seller.test", Roles: []string{"mx", "spf"}, DNS: fact.NoData, Registry: known},
			{Domain: "gone.test", Roles: []string{"spf"}, DNS: fact.NXDomain, Registry: fact.RegistryAnswer{State: fact.NotRegistered}},
		},
	}
	got := w.look(t, "chu.test")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if raw, _ := json.Marshal(got); strings.Contains(string(raw), "older") {
		t.Errorf("a holder is kept: %s", raw)
	}
	// Three questions for the domain, one for each of its suppliers, and one
	// connection to the registry.
	if dials := w.network.Dials(); len(dials) != 3+3+1 {
		t.Errorf("%d exchanges:\n%s", len(dials), strings.Join(dials, "\n"))
	}
}

// TestSecondLookAsksAboutTheDomainAlone: what confirms a missing lock says nothing of the
// suppliers, and that it does not.
func TestSecondLookAsksAboutTheDomainAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, zone, registry("chu.test", "dns-seller.test"))
	probe, err := New(w.options)
	if err != nil {
		t.Fatal(err)
	}
	ctx := scanner.WithSecondLook(t.Context(), map[string][]string{fact.Registration{}.FactKind(): {fact.RegistrationDomain}})
	sightings, err := probe.Observe(ctx, w.network, scanner.DomainTarget("chu.test"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]scanner.Gap{scanner.NotAgain(fact.RegistrationSuppliers)}, sightings[0].Unread); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
	found := sightings[0].Fact.(fact.Registration)
	if found.Domain.State != fact.Registered || len(found.Suppliers) > 0 || !slices.Equal(w.network.Dials(), []string{"tcp example.com:443"}) {
		t.Errorf("%+v, after %q", found, w.network.Dials())
	}
}

func TestObserveBelowTheRegistrableDomain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "site.chu.test. IN MX 10 mx.chu.test.\n", registry("chu.test"))
	if got := w.look(t, "site.chu.test"); got.Name != "chu.test" || got.Domain.State != fact.Registered || len(got.Suppliers) != 0 {
		t.Errorf("got %+v", got)
	}
}

// TestRegistryHabits holds that only a clear answer is one.
func TestRegistryHabits(t *testing.T) {
	t.Parallel()
	write := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
	}
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	tests := map[string]struct {
		handler http.HandlerFunc
		state   fact.RegistryState
		cause   scanner.CauseCode
		err     string
	}{
		"known":           {registry("chu.test"), fact.Registered, "", ""},
		"knows-nothing":   {registry(), fact.RegistryNoAnswer, scanner.CauseBadAnswer, "knew no domain"},
		"rate-limit":      {status(http.StatusTooManyRequests), fact.RegistryNoAnswer, scanner.CauseRateLimited, "fewer questions"},
		"failure":         {status(http.StatusBadGateway), fact.RegistryNoAnswer, scanner.CauseHTTPStatus, "answered 502"},
		"malformed":       {write(`{"objectClassName":"domain","ldhName":`), fact.RegistryNoAnswer, scanner.CauseBadAnswer, "unexpected end"},
		"wrong-types":     {write(`{"objectClassName":"domain","ldhName":"chu.test","events":"none"}`), fact.RegistryNoAnswer, scanner.CauseBadAnswer, "cannot unmarshal"},
		"page":            {write("<html></html>"), fact.RegistryNoAnswer, scanner.CauseBadAnswer, "invalid character"},
		"other-class":     {write(`{"objectClassName":"entity","ldhName":"chu.test"}`), fact.RegistryNoAnswer, scanner.CauseBadAnswer, "not a domain"},
		"other-domain":    {write(domain("other.test", "")), fact.RegistryNoAnswer, scanner.CauseBadAnswer, "another domain"},
		"huge":            {write(`{"x":"` + strings.Repeat("a", maxBody) + `"}`), fact.RegistryNoAnswer, scanner.CauseTooLarge, "longer than"},
		"huge-head":       {hugeHead, fact.RegistryNoAnswer, scanner.CauseUnknown, "server response headers exceeded"},
		"drip":            {drip, fact.RegistryNoAnswer, scanner.CauseTimeout, "deadline exceeded"},
		"silent":          {silent, fact.RegistryNoAnswer, scanner.CauseTimeout, "deadline exceeded"},
		"sends-elsewhere": {send("https://elsewhere.test/"), fact.RegistryNoAnswer, scanner.CauseElsewhere, "another place"},
		"sends-in-clear":  {send("http://example.com/"), fact.RegistryNoAnswer, scanner.CauseElsewhere, "another place"},
		"sends-in-rounds": {send("https://example.com/rdap/domain/chu.test"), fact.RegistryNoAnswer, scanner.CauseElsewhere, "another place"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "chu.test. IN MX 10 mx.seller.test.\n", tt.handler)
			got := w.look(t, "chu.test")
			if got.Domain.State != tt.state || got.Domain.Cause.Code != tt.cause || !strings.Contains(got.Domain.Error, tt.err) {
				t.Errorf("got %+v, want %s, %q and %q", got.Domain, tt.state, tt.cause, tt.err)
			}
			for _, dial := range w.network.Dials() {
				if strings.Contains(dial, "elsewhere") || strings.HasSuffix(dial, ":80") {
					t.Errorf("dialled %s", dial)
				}
			}
		})
	}
}

func hugeHead(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("X-Long", strings.Repeat("a", 2*maxHead))
	w.WriteHeader(http.StatusOK)
}

// drip never ends and never says much: a byte now and then.
func drip(w http.ResponseWriter, r *http.Request) {
	pace := time.NewTicker(5 * time.Millisecond)
	defer pace.Stop()
	for r.Context().Err() == nil {
		<-pace.C
		if _, err := w.Write([]byte(" ")); err != nil {
			return
		}
		w.(http.Flusher).Flush()
	}
}

func silent(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func send(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
}

// TestServiceIsLeftAlone holds that a service that fails or asks for less is not
// asked about every supplier.
func TestServiceIsLeftAlone(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		code, asked int
		cause       scanner.CauseCode
		err         string
	}{
		"rate-limit": {http.StatusTooManyRequests, 1, scanner.CauseRateLimited, "fewer questions"},
		"failure":    {http.StatusInternalServerError, maxFailures, scanner.CauseHTTPStatus, "failed before"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := make(chan string, 100)
			w := newWorld(t, zone, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked <- r.URL.Path
				w.WriteHeader(tt.code)
			}))
			last := w.look(t, "chu.test").Suppliers[2].Registry
			if len(asked) != tt.asked || last.State != fact.RegistryNotAsked || last.Cause.Code != tt.cause || !strings.Contains(last.Error, tt.err) {
				t.Errorf("asked %d times, then %+v", len(asked), last)
			}
		})
	}
}

func TestServiceNotAsked(t *testing.T) {
	t.Parallel()
	none := newWorld(t, zone, nil)
	other := newWorld(t, zone, registry("chu.test"))
	other.options.Suffixes = []string{".FR"}
	outside := newWorld(t, zone, registry("chu.test"))
	outside.network.Routes = nil
	tests := map[string]struct {
		world world
		err   string
	}{
		"none-declared":     {none, "no RDAP service declared"},
		"other-ending":      {other, "not that of this ending"},
		"outside-the-scope": {outside, "scope guard"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := tt.world.look(t, "chu.test")
			if got.Domain.State != fact.RegistryNotAsked || !strings.Contains(got.Domain.Error, tt.err) || len(got.Suppliers) != 3 {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestUntrustedService(t *testing.T) {
	t.Parallel()
	w := newWorld(t, zone, registry("chu.test"))
	w.options.Roots = x509.NewCertPool()
	if got := w.look(t, "chu.test").Domain; got.State != fact.RegistryNoAnswer || !strings.Contains(got.Error, "certificate") {
		t.Errorf("got %+v", got)
	}
}

func TestResolverThatKnowsNothing(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(m *dns.Msg){
		"servfail":     func(m *dns.Msg) { m.Rcode = dns.RcodeServerFailure },
		"no-recursion": func(m *dns.Msg) { m.RecursionAvailable, m.Rcode = false, dns.RcodeNameError },
		"other-id":     func(m *dns.Msg) { m.Id++ },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "", nil)
			w.network.Recursives = []netip.AddrPort{loopback.ServeDNS(t, dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
				m := new(dns.Msg).SetReply(q)
				m.RecursionAvailable = true
				change(m)
				w.WriteMsg(m)
			}))}
			if got := w.look(t, "chu.test"); !slices.Equal(got.Unread, []string{"ns", "mx", "spf"}) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestManySuppliers(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range maxSuppliers + 15 {
		fmt.Fprintf(&text, "chu.test. IN MX 10 m.s%d.test.\n", i)
	}
	if got := newWorld(t, text.String(), registry("chu.test")).look(t, "chu.test"); len(got.Suppliers) != maxSuppliers || got.More != 15 {
		t.Errorf("%d suppliers, %d more", len(got.Suppliers), got.More)
	}
}

func TestRefusedTargets(t *testing.T) {
	probe, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	resolvers := []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:9")}
	tests := map[string]struct {
		target    scanner.Target
		resolvers []netip.AddrPort
	}{
		"site":         {scanner.Target{Kind: scanner.KindSite, ID: "https://chu.test"}, resolvers},
		"suffix":       {scanner.DomainTarget("fr"), resolvers},
		"escape":       {scanner.DomainTarget(`a\.b.test`), resolvers},
		"no-resolvers": {scanner.DomainTarget("chu.test"), nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			n := &loopback.Network{Recursives: tt.resolvers}
			if _, err := probe.Observe(t.Context(), n, tt.target); err == nil || len(n.Dials()) > 0 {
				t.Errorf("accepted; dialled %v", n.Dials())
			}
		})
	}
}

func TestRefusedServices(t *testing.T) {
	for _, base := range []string{"http://rdap.test/", "https:///", "rdap.test", "https://[", "ftp://rdap.test"} {
		if _, err := New(Options{Base: base}); err == nil {
			t.Errorf("%q is accepted", base)
		}
	}
}

func TestRegistrable(t *testing.T) {
	tests := map[string]string{
		"chu.test":              "chu.test",
		"NS1.chu.fr.":           "chu.fr",
		"www.chu.asso.fr":       "chu.asso.fr",
		"x.y.azurewebsites.net": "azurewebsites.net",
		"azurewebsites.net":     "azurewebsites.net",
		"chu.github.io":         "github.io",
		"_spf.chu.co.uk":        "chu.co.uk",
		"fr":                    "",
		"asso.fr":               "",
		"":                      "",
		".":                     "",
		"a..test":               "",
		"%{d}.test":             "",
		`a\.b.test`:             "",
	}
	for name, want := range tests {
		if got := registrable(name); got != want {
			t.Errorf("registrable(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestParseSenders(t *testing.T) {
	tests := map[string]struct {
		text string
		want []string
	}{
		"include":  {"v=spf1 include:a.test ?INCLUDE:b.test mx -all", []string{"a.test", "b.test"}},
		"redirect": {"V=SPF1 redirect=a.test", []string{"a.test"}},
		"macro":    {"v=spf1 include:%{i}._spf.a.test exists:%{i}.b.test", []string{"_spf.a.test"}},
		"no-spf":   {"v=spf10 include:a.test", nil},
		"empty":    {"", nil},
		"no-value": {"v=spf1 include: redirect=", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, ParseSenders(tt.text)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoadCoversTheWorst(t *testing.T) {
	probe, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if load := probe.Needs().Load; load.Connections < 4*(3+20)+3*21 || load.Requests < load.Connections {
		t.Errorf("load %+v", load)
	}
}

// FuzzParseDomain reads foreign bytes as what a registry says.
func FuzzParseDomain(f *testing.F) {
	f.Add([]byte(domain("chu.test", `"active"`)))
	f.Add([]byte(`{"objectClassName":"domain","ldhName":"x","events":[{"eventAction":"expiration","eventDate":"tomorrow"}]}`))
	f.Add([]byte(`{"objectClassName":"domain","ldhName":"x","events":[{"eventAction":"expiration","eventDate":"0000-01-01T00:00:00+01:00"}]}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		record, err := ParseDomain(raw)
		if err != nil {
			return
		}
		for _, status := range record.Status {
			if !slices.Contains(knownStatuses, status) {
				t.Errorf("status %q is kept", status)
			}
		}
		if _, err := json.Marshal(fact.RegistryAnswer{Expires: record.Expires}); err != nil {
			t.Errorf("%s cannot be written: %v", raw, err)
		}
	})
}

// FuzzParseSenders reads foreign text as an SPF record.
func FuzzParseSenders(f *testing.F) {
	f.Add("v=spf1 include:a.test redirect=%{d}.b.test")
	f.Add("v=spf1 include:}")
	f.Fuzz(func(t *testing.T, text string) {
		for _, host := range ParseSenders(text) {
			if domain := registrable(host); domain != "" && !strings.HasSuffix(scanner.CanonicalName(host), domain) {
				t.Errorf("%q leads to %q", host, domain)
			}
		}
	})
}
