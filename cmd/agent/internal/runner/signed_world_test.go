// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"cmp"
	"crypto"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/sources"
	mailprobe "carescan/scanner/probes/mail"
	"carescan/scanner/settings"
)

// signedWorld is one hospital's domain as they are: signed, with two servers and two
// mail exchangers of its own, keys, policies and a few dozen names; above it a signed
// registry and a signed root; beside it a provider; a resolver that checks signatures.
// It notes every question. Four ordinary faults are to be confirmed. Nothing but the DNS may be met: its
// addresses are out of the scope.
type signedWorld struct {
	zones     []*signedZone
	resolver  netip.AddrPort
	redirects []config.Redirect
	mu        sync.Mutex
	questions []string // "server udp name TYPE flags"
}

const hospitalZone = `$ORIGIN chu.test.
$TTL 3600
@ SOA ns1 hostmaster 2026110101 14400 3600 1209600 3600
@ NS ns1
@ NS ns2
@ A 203.0.114.1
@ MX 10 mx1
@ MX 20 mx2
@ TXT "v=spf1 mx include:_spf.fournisseur.test -all"
@ CAA 0 issue "autorite.test"
ns1 A 203.0.114.11
ns2 A 198.51.200.12
mx1 A 203.0.114.21
mx2 A 203.0.114.22
_25._tcp.mx1 TLSA 3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
_25._tcp.mx1 TLSA 3 1 1 ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100
_25._tcp.mx2 TLSA 3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
_25._tcp.mx2 TLSA 3 1 1 ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100
_dmarc TXT "v=DMARC1; p=none; rua=mailto:chu@fournisseur.test"
s1._domainkey TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
s2._domainkey TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
_mta-sts TXT "v=STSv1; id=1"
mta-sts A 203.0.114.1
_smtp._tls TXT "v=TLSRPTv1; rua=mailto:tls@chu.test"
www A 203.0.114.1
webmail A 203.0.114.2
vpn A 10.0.9.3
`

func newSignedWorld(t *testing.T) *signedWorld {
	t.Helper()
	w := &signedWorld{}
	text := hospitalZone
	for i := range 22 { // names of one habit that nobody guesses
		text += fmt.Sprintf("serveur-%02d A 203.0.114.%d\n", i, 100+i)
	}
	domain := sign(t, "chu.test.", text)
	test := sign(t, "test.", `$ORIGIN test.
$TTL 3600
@ SOA a.registre hostmaster 1 7200 3600 1209600 3600
@ NS a.registre
a.registre A 203.0.114.31
chu NS ns1.chu
chu NS ns2.chu
fournisseur NS ns.fournisseur
`+domain.print().String()+"\n")
	root := sign(t, ".", "$TTL 3600\n. SOA a.registre.test. hostmaster.test. 1 7200 3600 1209600 3600\n. NS a.registre.test.\ntest. NS a.registre.test.\n"+test.print().String()+"\n")
	provider := zoneOf(t, "fournisseur.test.", "$ORIGIN fournisseur.test.\n$TTL 3600\n@ SOA ns hostmaster 1 7200 3600 1209600 3600\n@ NS ns\nns A 192.0.2.53\n_spf TXT \"v=spf1 ip4:203.0.113.0/24 -all\"\n@ MX 10 ns\nchu.test._report._dmarc TXT \"v=DMARC1\"\n")
	w.zones = []*signedZone{domain, provider, test, root} // the deepest first
	w.resolver = w.serve(t, "resolver", w.zones, true)
	for name, zone := range map[string]*signedZone{"ns1.chu.test": domain, "ns2.chu.test": domain, "a.registre.test": test} {
		at := w.serve(t, name, []*signedZone{zone}, false)
		w.redirects = append(w.redirects, config.Redirect{From: name + ":53", To: at.String()})
	}
	return w
}

func (w *signedWorld) config() config.Config {
	c := config.Default(sources.Sections())
	c.Establishment = config.Establishment{FINESS: "690781810", Name: "CHU"}
	c.Scope = config.Scope{
		Names:         []string{"*.test"},
		Ranges:        []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Authorisation: config.Authorisation{By: "directeur", From: settings.Moment(time.Now().Add(-time.Hour)), Until: settings.Moment(time.Now().Add(time.Hour))},
	}
	c.Targets.Domains = []string{"chu.test"}
	c.Network.Resolvers = []string{w.resolver.String()}
	c.Network.TrustAnchors = []string{w.zones[len(w.zones)-1].print().String()}
	c.Network.ConfirmAfter = time.Millisecond
	c.Network.RequestRate = 1e6
	c.Network.ConcurrentPerHost, c.Network.BudgetPerHost = 64, 1<<30
	c.Network.Redirects = w.redirects
	c.Sources[mailprobe.Section.Name] = &mailprobe.Settings{{Domain: "chu.test", Selectors: []string{"s1", "s2"}}}
	return c
}

// serve answers as one server, and notes what it is asked.
func (w *signedWorld) serve(t *testing.T, who string, zones []*signedZone, recursive bool) netip.AddrPort {
	t.Helper()
	return startResolver(t, dns.HandlerFunc(func(to dns.ResponseWriter, q *dns.Msg) {
		w.notice(who, to.LocalAddr().Network(), q)
		reply := new(dns.Msg).SetReply(q)
		reply.RecursionAvailable = recursive
		opt := q.IsEdns0()
		zone := heldBy(zones, q.Question[0])
		switch {
		case zone == nil || q.Question[0].Qtype == dns.TypeAXFR:
			reply.Rcode = dns.RcodeRefused
		default:
			reply.Authoritative = !recursive
			signed := zone.answer(q.Question[0], reply, opt != nil && opt.Do())
			reply.AuthenticatedData = recursive && signed
		}
		if opt != nil {
			reply.SetEdns0(1232, opt.Do())
		}
		if to.LocalAddr().Network() == "udp" {
			reply.Truncate(1232)
		}
		_ = to.WriteMsg(reply) // the asker may be gone
	}))
}

func (w *signedWorld) notice(who, transport string, q *dns.Msg) {
	flags := ""
	if q.RecursionDesired {
		flags += " rd"
	}
	if q.CheckingDisabled {
		flags += " cd"
	}
	if opt := q.IsEdns0(); opt != nil && opt.Do() {
		flags += " do"
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.questions = append(w.questions, fmt.Sprintf("%s %s %s %s%s", who, transport, strings.ToLower(q.Question[0].Name), dns.TypeToString[q.Question[0].Qtype], flags))
}

// asked lists the questions so far.
func (w *signedWorld) asked() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.questions)
}

func heldBy(zones []*signedZone, q dns.Question) *signedZone {
	for _, z := range zones {
		atCut := q.Qtype == dns.TypeDS && strings.EqualFold(q.Name, z.name) && z.name != "."
		if dns.IsSubDomain(z.name, q.Name) && !atCut {
			return z
		}
	}
	return nil
}

// signedZone is a zone with its signatures and its chain of names (RFC 4034).
type signedZone struct {
	name   string
	key    *dns.DNSKEY // nil when it is not signed
	signer crypto.Signer
	sets   map[string]map[uint16][]dns.RR
	names  []string // in canonical order
}

func zoneOf(t *testing.T, name, text string) *signedZone {
	t.Helper()
	z := &signedZone{name: name, sets: map[string]map[uint16][]dns.RR{}}
	parser := dns.NewZoneParser(strings.NewReader(text), name, "")
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		z.add(rr)
	}
	if err := parser.Err(); err != nil {
		t.Fatal(err)
	}
	return z
}

func (z *signedZone) add(rr dns.RR) {
	owner := rr.Header().Name
	if z.sets[owner] == nil {
		z.sets[owner] = map[uint16][]dns.RR{}
	}
	z.sets[owner][rr.Header().Rrtype] = append(z.sets[owner][rr.Header().Rrtype], rr)
}

func sign(t *testing.T, name, text string) *signedZone {
	t.Helper()
	z := zoneOf(t, name, text)
	z.key = &dns.DNSKEY{
		Hdr:   dns.RR_Header{Name: name, Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: 3600},
		Flags: dns.ZONE | dns.SEP, Protocol: 3, Algorithm: dns.ECDSAP256SHA256,
	}
	private, err := z.key.Generate(256)
	if err != nil {
		t.Fatal(err)
	}
	z.signer = private.(crypto.Signer)
	z.add(z.key)
	z.names = slices.SortedFunc(maps.Keys(z.sets), canonically)
	for i, owner := range z.names {
		types := append(slices.Collect(maps.Keys(z.sets[owner])), dns.TypeRRSIG, dns.TypeNSEC)
		slices.Sort(types)
		z.add(&dns.NSEC{
			Hdr:        dns.RR_Header{Name: owner, Rrtype: dns.TypeNSEC, Class: dns.ClassINET, Ttl: 3600},
			NextDomain: z.names[(i+1)%len(z.names)], TypeBitMap: types,
		})
	}
	return z
}

// print is the DS of the zone.
func (z *signedZone) print() *dns.DS { return z.key.ToDS(dns.SHA256) }

// canonically orders names by their labels, from the last (RFC 4034 section 6.1).
func canonically(a, b string) int {
	left, right := dns.SplitDomainName(a), dns.SplitDomainName(b)
	slices.Reverse(left)
	slices.Reverse(right)
	return slices.CompareFunc(left, right, cmp.Compare[string])
}

// answer fills a reply, and tells whether it is signed.
func (z *signedZone) answer(q dns.Question, reply *dns.Msg, wanted bool) (signed bool) {
	name := strings.ToLower(q.Name)
	cut := z.cutAbove(name)
	switch sets, exists := z.sets[name]; {
	case cut != "" && (cut != name || q.Qtype != dns.TypeDS): // a referral
		reply.Authoritative = false
		reply.Ns = append(reply.Ns, z.sets[cut][dns.TypeNS]...)
		return false
	case len(sets[q.Qtype]) > 0:
		reply.Answer = z.with(sets[q.Qtype], wanted)
	case exists || z.hasBelow(name):
		reply.Ns = append(z.with(z.sets[z.name][dns.TypeSOA], wanted), z.denial(name, wanted)...)
	default:
		reply.Rcode = dns.RcodeNameError
		reply.Ns = append(z.with(z.sets[z.name][dns.TypeSOA], wanted), z.denial(name, wanted)...)
		encloser := name
		for !z.hasBelow(encloser) && z.sets[encloser] == nil {
			_, encloser, _ = strings.Cut(encloser, ".")
			encloser = cmp.Or(encloser, ".")
		}
		for _, rr := range z.denial("*."+strings.TrimPrefix(encloser, "."), wanted) {
			if !slices.ContainsFunc(reply.Ns, func(other dns.RR) bool { return other.String() == rr.String() }) {
				reply.Ns = append(reply.Ns, rr)
			}
		}
	}
	return z.key != nil
}

func (z *signedZone) cutAbove(name string) string {
	for owner, sets := range z.sets {
		if owner != z.name && len(sets[dns.TypeNS]) > 0 && dns.IsSubDomain(owner, name) {
			return owner
		}
	}
	return ""
}

func (z *signedZone) hasBelow(name string) bool {
	return slices.ContainsFunc(slices.Collect(maps.Keys(z.sets)), func(owner string) bool { return owner != name && dns.IsSubDomain(name, owner) })
}

// denial is the record that matches or covers a name.
func (z *signedZone) denial(name string, wanted bool) []dns.RR {
	if z.key == nil || !wanted {
		return nil
	}
	at, found := slices.BinarySearchFunc(z.names, name, canonically)
	if !found {
		at--
	}
	return z.with(z.sets[z.names[at]][dns.TypeNSEC], wanted)
}

// with adds its signature to a set.
func (z *signedZone) with(set []dns.RR, wanted bool) []dns.RR {
	if z.key == nil || !wanted {
		return slices.Clone(set)
	}
	sig := &dns.RRSIG{
		Hdr:       dns.RR_Header{Name: set[0].Header().Name, Rrtype: dns.TypeRRSIG, Class: dns.ClassINET, Ttl: 3600},
		Algorithm: z.key.Algorithm, SignerName: z.name, KeyTag: z.key.KeyTag(), OrigTtl: 3600,
		Inception: uint32(time.Now().Add(-time.Hour).Unix()), Expiration: uint32(time.Now().Add(240 * time.Hour).Unix()),
	}
	if err := sig.Sign(z.signer, set); err != nil {
		panic(err)
	}
	return append(slices.Clone(set), sig)
}
