// SPDX-License-Identifier: Apache-2.0

package dnssecprobe

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/nsec"
)

// truthText is a small zone whose every fact is known, so that whatever is
// called secure can be held against it.
const truthText = `chu.test. 300 IN SOA ns1.chu.test. hostmaster.chu.test. 1 7200 3600 1209600 300
chu.test. 300 IN NS ns1.chu.test.
chu.test. 300 IN MX 10 www.chu.test.
ns1.chu.test. 300 IN A 192.0.2.1
www.chu.test. 300 IN A 192.0.2.2
www.chu.test. 300 IN A 192.0.2.3
alias.chu.test. 300 IN CNAME www.chu.test.
leaf.empty.chu.test. 300 IN A 192.0.2.4
*.wild.chu.test. 300 IN TXT "expanded"
child.chu.test. 300 IN NS ns1.child.chu.test.
`

// truth is that zone, signed with a key that is always the same: the messages
// of one run mean the same in the next.
type truth struct {
	records []dns.RR
	chain   []dns.RR // NSEC or NSEC3
	sigs    map[string]*dns.RRSIG
	by      authority
	private ed25519.PrivateKey
	at      time.Time
}

func newTruth(t testing.TB, hashed bool) *truth {
	t.Helper()
	private := ed25519.NewKeyFromSeed([]byte("a key that is known to everybody"))
	key := &dns.DNSKEY{
		Hdr:   dns.RR_Header{Name: "chu.test.", Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: 300},
		Flags: dns.ZONE | dns.SEP, Protocol: 3, Algorithm: dns.ED25519,
		PublicKey: base64.StdEncoding.EncodeToString(private.Public().(ed25519.PublicKey)),
	}
	z := &truth{
		records: []dns.RR{key}, sigs: map[string]*dns.RRSIG{}, private: private,
		by: authority{"chu.test.", []*dns.DNSKEY{key}}, at: time.Date(2026, 10, 1, 8, 0, 0, 0, time.UTC),
	}
	for line := range strings.Lines(truthText) {
		rr, err := dns.NewRR(line)
		if err != nil {
			t.Fatal(err)
		}
		z.records = append(z.records, rr)
	}
	if z.chain = z.plainChain(); hashed {
		z.chain = z.hashedChain()
	}
	for _, rr := range slices.Concat(z.records, z.chain) {
		z.sign(t, rr.Header().Name, rr.Header().Rrtype)
	}
	return z
}

func (z *truth) find(name string, kind uint16) []dns.RR {
	return slices.DeleteFunc(slices.Concat(z.records, z.chain), func(rr dns.RR) bool {
		return rr.Header().Name != name || rr.Header().Rrtype != kind
	})
}

func setKey(name string, kind uint16) string { return fmt.Sprint(name, kind) }

// sign signs a set, the delegation excepted.
func (z *truth) sign(t testing.TB, name string, kind uint16) {
	t.Helper()
	if z.sigs[setKey(name, kind)] != nil || kind == dns.TypeNS && name != z.by.zone {
		return
	}
	sig := &dns.RRSIG{
		Hdr: dns.RR_Header{Ttl: 300}, Algorithm: dns.ED25519, KeyTag: z.by.keys[0].KeyTag(), SignerName: z.by.zone,
		Inception: uint32(z.at.Add(-time.Hour).Unix()), Expiration: uint32(z.at.Add(time.Hour).Unix()),
	}
	if err := sig.Sign(z.private, z.find(name, kind)); err != nil {
		t.Fatal(err)
	}
	z.sigs[setKey(name, kind)] = sig
}

func (z *truth) names() []string {
	var names []string
	for _, rr := range z.records {
		names = append(names, rr.Header().Name)
	}
	slices.SortFunc(names, nsec.Compare)
	return slices.Compact(names)
}

func (z *truth) types(name string, chain uint16) []uint16 {
	types := []uint16{dns.TypeRRSIG}
	if chain == dns.TypeNSEC {
		types = append(types, dns.TypeNSEC)
	}
	for _, rr := range z.records {
		if rr.Header().Name == name {
			types = append(types, rr.Header().Rrtype)
		}
	}
	slices.Sort(types)
	return slices.Compact(types)
}

func (z *truth) plainChain() (chain []dns.RR) {
	names := z.names()
	for i, name := range names {
		chain = append(chain, &dns.NSEC{
			Hdr:        dns.RR_Header{Name: name, Rrtype: dns.TypeNSEC, Class: dns.ClassINET, Ttl: 300},
			NextDomain: names[(i+1)%len(names)], TypeBitMap: z.types(name, dns.TypeNSEC),
		})
	}
	return chain
}

// hashedChain holds the empty non-terminals too (RFC 5155 section 7.1).
func (z *truth) hashedChain() (chain []dns.RR) {
	var all []*dns.NSEC3
	for _, name := range append(z.names(), "empty.chu.test.", "wild.chu.test.") {
		n := &dns.NSEC3{
			Hdr:  dns.RR_Header{Name: strings.ToLower(dns.HashName(name, dns.SHA1, 1, "AA")) + ".chu.test.", Rrtype: dns.TypeNSEC3, Class: dns.ClassINET, Ttl: 300},
			Hash: dns.SHA1, Iterations: 1, SaltLength: 1, Salt: "AA", HashLength: 20,
		}
		if types := z.types(name, dns.TypeNSEC3); len(types) > 1 {
			n.TypeBitMap = types
		}
		all = append(all, n)
	}
	slices.SortFunc(all, func(a, b *dns.NSEC3) int { return strings.Compare(a.Hdr.Name, b.Hdr.Name) })
	for i, n := range all {
		next, _, _ := strings.Cut(all[(i+1)%len(all)].Hdr.Name, ".")
		n.NextDomain = strings.ToUpper(next)
		chain = append(chain, n)
	}
	return chain
}

// says is what the zone holds at a name: "elsewhere" below a delegation, and for
// its own DS.
func (z *truth) says(name string, kind uint16) (fact.Answer, []dns.RR) {
	child := dns.IsSubDomain("child.chu.test.", name)
	switch source := "*.wild.chu.test."; {
	case child && (name != "child.chu.test." || kind != dns.TypeDS), name == z.by.zone && kind == dns.TypeDS:
		return "elsewhere", nil
	case len(z.find(name, kind)) > 0:
		return fact.Present, z.find(name, kind)
	case nsec.StrictlyBelow(name, "wild.chu.test.") && name != source:
		return z.says(source, kind)
	case slices.ContainsFunc(z.names(), func(other string) bool { return dns.IsSubDomain(name, other) }):
		return fact.NoData, nil
	}
	return fact.NXDomain, nil
}

// reply is an honest answer, with the records of the chain that a test wants.
func (z *truth) reply(name string, kind uint16, chain []dns.RR) *dns.Msg {
	m := new(dns.Msg).SetReply(new(dns.Msg).SetQuestion(name, kind))
	m.Id = 1
	answer, set := z.says(name, kind)
	if answer == fact.NXDomain {
		m.Rcode = dns.RcodeNameError
	}
	for _, rr := range set {
		sig := dns.Copy(z.sigs[setKey(rr.Header().Name, kind)])
		rr = dns.Copy(rr)
		rr.Header().Name, sig.Header().Name = name, name
		m.Answer = append(m.Answer, rr)
		if len(m.Answer) == len(set) {
			m.Answer = append(m.Answer, sig)
		}
	}
	for _, rr := range chain {
		m.Ns = append(m.Ns, rr, z.sigs[setKey(rr.Header().Name, rr.Header().Rrtype)])
	}
	return m
}

// proof is the part of the chain that settles a question, and what else fits.
func (z *truth) proof(name string) []dns.RR {
	wanted := []string{name}
	for next := name; nsec.StrictlyBelow(next, z.by.zone); next = nsec.ParentOf(next) {
		wanted = append(wanted, nsec.ParentOf(next), nsec.WildcardOf(nsec.ParentOf(next)))
	}
	var chain []dns.RR
	for _, rr := range z.chain {
		for _, want := range wanted {
			if settles(rr, want) && !slices.Contains(chain, rr) && len(chain) < maxProofs {
				chain = append(chain, rr)
			}
		}
	}
	return chain
}

func settles(rr dns.RR, name string) bool {
	if n, ok := rr.(*dns.NSEC3); ok {
		return n.Match(name) || n.Cover(name)
	}
	n := rr.(*dns.NSEC)
	return n.Hdr.Name == name || (&nsecProof{zone: "chu.test."}).covers(n, name)
}

// judge validates a message at the time of the zone.
func (z *truth) judge(m *dns.Msg, name string, kind uint16) finding {
	v := &validator{at: z.at, left: lookValidations}
	return v.validate(m, name, kind, z.by)
}

// contradicts tells how a finding is called secure against the truth.
func (z *truth) contradicts(m *dns.Msg, f finding, name string, kind uint16) string {
	if f.state != fact.Secure {
		return ""
	}
	answer, set := z.says(name, kind)
	if alias := z.find(name, dns.TypeCNAME); len(alias) > 0 && f.answer == fact.Present {
		answer, set, kind = fact.Present, alias, dns.TypeCNAME
	}
	if answer != f.answer {
		return fmt.Sprintf("%s %s is called %s, and is %s", name, dns.TypeToString[kind], f.answer, answer)
	}
	if got, want := contents(pick(m.Answer, name, kind).records), contents(set); f.answer == fact.Present && !slices.Equal(got, want) {
		return fmt.Sprintf("%s %s holds %v, want %v", name, dns.TypeToString[kind], got, want)
	}
	return ""
}

// contents are the data of a set, names lowered as signatures see them.
func contents(set []dns.RR) []string {
	var data []string
	for _, rr := range set {
		text := strings.TrimPrefix(rr.String(), rr.Header().String())
		if rr.Header().Rrtype != dns.TypeTXT {
			text = strings.ToLower(text)
		}
		data = append(data, text)
	}
	slices.Sort(data)
	return slices.Compact(data)
}

// questions are asked of the truth: each way to be there or not.
func questions() []dns.Question {
	var all []dns.Question
	for _, name := range []string{
		"chu.test.", "www.chu.test.", "alias.chu.test.", "empty.chu.test.", "x.wild.chu.test.", "wild.chu.test.",
		"absent.chu.test.", "zz.www.chu.test.", "child.chu.test.", "x.child.chu.test.",
	} {
		for _, kind := range []uint16{dns.TypeA, dns.TypeTXT, dns.TypeDS, dns.TypeMX} {
			all = append(all, dns.Question{Name: name, Qtype: kind, Qclass: dns.ClassINET})
		}
	}
	return all
}

// TestTruthIsSecure wants honest answers to be believed.
func TestTruthIsSecure(t *testing.T) {
	t.Parallel()
	for _, hashed := range []bool{false, true} {
		z := newTruth(t, hashed)
		for _, q := range questions() {
			m := z.reply(q.Name, q.Qtype, z.proof(q.Name))
			f := z.judge(m, q.Name, q.Qtype)
			answer, _ := z.says(q.Name, q.Qtype)
			// An alias and a delegation have no other type of their own to deny.
			if skip := answer == "elsewhere" || q.Name == "alias.chu.test." && answer == fact.NoData; skip {
				if f.state == fact.Secure {
					t.Errorf("hashed %v, %s %s is called %+v", hashed, q.Name, dns.TypeToString[q.Qtype], f)
				}
				continue
			}
			if f.state != fact.Secure || f.answer != answer {
				t.Errorf("hashed %v, %s %s: %+v, want secure and %s", hashed, q.Name, dns.TypeToString[q.Qtype], f, answer)
			}
		}
	}
}

// TestLiesAreNotSecure answers every question with the proofs of every other.
func TestLiesAreNotSecure(t *testing.T) {
	t.Parallel()
	for _, hashed := range []bool{false, true} {
		z := newTruth(t, hashed)
		for _, told := range questions() {
			for _, asked := range questions() {
				for _, code := range []int{dns.RcodeSuccess, dns.RcodeNameError} {
					m := z.reply(told.Name, told.Qtype, z.proof(told.Name))
					m.Rcode = code
					if why := z.contradicts(m, z.judge(m, asked.Name, asked.Qtype), asked.Name, asked.Qtype); why != "" {
						t.Errorf("hashed %v, told of %s %s: %s", hashed, told.Name, dns.TypeToString[told.Qtype], why)
					}
				}
			}
		}
	}
}

// TestChangedBytesAreNotSecure changes each byte of honest answers.
func TestChangedBytesAreNotSecure(t *testing.T) {
	t.Parallel()
	for _, hashed := range []bool{false, true} {
		z := newTruth(t, hashed)
		for _, q := range []dns.Question{questions()[4], questions()[17], questions()[24]} {
			raw, err := z.reply(q.Name, q.Qtype, z.proof(q.Name)).Pack()
			if err != nil {
				t.Fatal(err)
			}
			for i := range raw {
				for _, flip := range []byte{0x01, 0x20, 0x80} {
					changed := slices.Clone(raw)
					changed[i] ^= flip
					checkBytes(t, z, changed, q)
				}
			}
		}
	}
}

func checkBytes(t *testing.T, z *truth, raw []byte, q dns.Question) {
	t.Helper()
	m := new(dns.Msg)
	if m.Unpack(raw) != nil {
		return
	}
	if why := z.contradicts(m, z.judge(m, q.Name, q.Qtype), q.Name, q.Qtype); why != "" {
		t.Errorf("%s\n%v", why, m)
	}
}

// FuzzValidate holds that no message makes a lie secure, nor breaks anything.
func FuzzValidate(f *testing.F) {
	zones := []*truth{newTruth(f, false), newTruth(f, true)}
	for i, q := range questions() {
		for at, z := range zones {
			raw, err := z.reply(q.Name, q.Qtype, z.proof(q.Name)).Pack()
			if err != nil {
				f.Fatal(err)
			}
			f.Add(raw, i, at == 1)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte, question int, hashed bool) {
		if question < 0 || question >= len(questions()) {
			return
		}
		z := zones[0]
		if hashed {
			z = zones[1]
		}
		checkBytes(t, z, raw, questions()[question])
	})
}

// FuzzKeys reads foreign keys and prints: the keys that come out were printed.
func FuzzKeys(f *testing.F) {
	z := newTruth(f, false)
	raw, err := z.reply("chu.test.", dns.TypeDNSKEY, nil).Pack()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	own := z.by.keys[0].ToDS(dns.SHA256)
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := new(dns.Msg)
		if m.Unpack(raw) != nil {
			return
		}
		set := pick(m.Answer, "chu.test.", dns.TypeDNSKEY)
		v := &validator{at: z.at, left: lookValidations}
		got, by := v.keys(set, []*dns.DS{own})
		if describeKeys(keysOf(set)); got.state == fact.Secure && by.keys[0].PublicKey != z.by.keys[0].PublicKey {
			t.Errorf("keys %v are called secure", by.keys)
		}
	})
}
