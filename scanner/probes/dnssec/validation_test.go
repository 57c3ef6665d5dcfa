// SPDX-License-Identifier: Apache-2.0

package dnssecprobe

import (
	order "cmp"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/debian"
	"carescan/scanner/probes/internal/loopback"
)

// observe validates a name of a world.
func observe(t *testing.T, w *world, door *loopback.Network, name string) fact.DNSSEC {
	t.Helper()
	p, err := New(Options{Anchor: w.anchor})
	if err != nil {
		t.Fatal(err)
	}
	sightings, err := p.Observe(t.Context(), door, scanner.DomainTarget(name))
	if err != nil {
		t.Fatal(err)
	}
	return sightings[0].Fact.(fact.DNSSEC)
}

// opinion is what a validator says of two questions: the SOA of a zone, and a
// name that is not there.
type opinions struct{ SOA, Denial string }

// trial is one way to be signed, rightly or not.
type trial struct {
	recipe recipe
	ask    string   // name looked at, when not the zone
	want   string   // state and reason of the delegation, of the SOA and of the denial on the first server
	keys   string   // state and reason of the keys on the first server, when not secure
	second string   // what is wanted of the second server, when it differs
	delv   opinions // when delv does not say the same as we do
	host   opinions // when unbound-host does not
	why    string   // who is right where they differ
}

// trials is what hospitals do to their zones. Where a reference validator does
// not agree, the reason stands beside.
func trials() []trial {
	other := "@ DS 12345 13 2 0000000000000000000000000000000000000000000000000000000000000000\n"
	long, soon := []string{"-s", "20200101000000", "-e", "20200201000000"}, []string{"-s", "+864000", "-e", "+1728000"}
	return []trial{
		{recipe: recipe{name: "nsec"}, want: "secure secure secure"},
		{recipe: recipe{name: "split", key: []string{"-a", "RSASHA256", "-b", "2048"}, split: true}, want: "secure secure secure"},
		{recipe: recipe{name: "ed25519", key: []string{"-a", "ED25519"}}, want: "secure secure secure"},
		{recipe: recipe{name: "p384", key: []string{"-a", "ECDSAP384SHA384"}}, want: "secure secure secure"},
		{recipe: recipe{name: "rsa1024", key: []string{"-a", "RSASHA512", "-b", "1024"}}, want: "secure secure secure"},
		{recipe: recipe{name: "sha1", key: []string{"-a", "RSASHA1", "-b", "1024"}}, want: "secure secure secure"},
		{recipe: recipe{name: "nsec3sha1", key: []string{"-a", "NSEC3RSASHA1", "-b", "1024"}, sign: []string{"-3", "-"}}, want: "secure secure secure"},
		{recipe: recipe{name: "sha1-ds", print: []string{"-1"}}, want: "secure secure secure"},
		{recipe: recipe{name: "sha384-ds", print: []string{"-a", "SHA-384"}}, want: "secure secure secure"},
		{recipe: recipe{name: "nsec3", sign: []string{"-3", "-"}}, want: "secure secure secure"},
		{recipe: recipe{name: "nsec3-salt", sign: []string{"-3", "AABBCCDD", "-H", "12"}}, want: "secure secure secure"},
		{
			recipe: recipe{name: "nsec3-many", sign: []string{"-3", "AABBCCDD"}, spoil: rehash(151)},
			want:   "secure secure insecure/too-many-iterations",
		},
		{
			recipe: recipe{name: "nsec3-opt-out", sign: []string{"-3", "-", "-A"}}, want: "secure secure insecure/opt-out",
			delv: opinions{"secure", "secure"},
			why:  "delv does not look at the flag; RFC 5155 section 9.2 forbids to call such a denial authentic",
		},
		{recipe: recipe{name: "wildcard", more: "* A 192.0.2.1\n"}, want: "secure secure secure"},
		{recipe: recipe{name: "wildcard3", sign: []string{"-3", "-"}, more: "* A 192.0.2.1\n"}, want: "secure secure secure"},
		{recipe: recipe{name: "wildcard-alias", more: "* CNAME www\n"}, want: "secure secure secure"},
		{recipe: recipe{name: "wildcard-mx", more: "* MX 10 mx\n"}, want: "secure secure secure"},
		{recipe: recipe{name: "wildcard3-mx", sign: []string{"-3", "-"}, more: "* MX 10 mx\n"}, want: "secure secure secure"},
		{recipe: recipe{name: "deep.below.nsec"}, want: "secure secure secure"},
		{recipe: recipe{name: "deep.below.nsec3"}, want: "secure secure secure"},
		{recipe: recipe{name: "unsigned", plain: true, prints: "none"}, want: "insecure/no-ds"},
		{recipe: recipe{name: "keys-only", prints: "none"}, want: "insecure/no-ds"},
		{recipe: recipe{name: "unsigned.nsec3", plain: true, prints: "none"}, want: "insecure/no-ds"},
		{recipe: recipe{name: "unsigned.nsec3-opt-out", plain: true, prints: "none"}, want: "insecure/opt-out"},
		{recipe: recipe{name: "unsigned.nsec3-many", plain: true, prints: "none"}, want: "insecure/too-many-iterations"},
		{recipe: recipe{name: "unproven", plain: true, prints: "none", bare: true}, want: "bogus/wrong-signature"},
		{recipe: recipe{name: "ds-alone", plain: true, prints: other}, want: "secure bogus/missing-signature bogus/key-not-trusted", keys: "bogus/ds-without-key"},
		{recipe: recipe{name: "ds-other", prints: other}, want: "secure bogus/key-not-trusted bogus/key-not-trusted", keys: "bogus/ds-mismatch"},
		{recipe: recipe{name: "ds-gost", prints: "@ DS 12345 12 3 0000000000000000000000000000000000000000000000000000000000000000\n"}, want: "insecure/unsupported-algorithm"},
		{recipe: recipe{name: "expired", sign: long}, want: "secure bogus/signature-expired bogus/signature-expired", keys: "bogus/signature-expired"},
		{recipe: recipe{name: "early", sign: soon}, want: "secure bogus/signature-not-yet-valid bogus/signature-not-yet-valid", keys: "bogus/signature-not-yet-valid"},
		{recipe: recipe{name: "soa-unsigned", spoil: without(signatureOf(dns.TypeSOA))}, want: "secure bogus/missing-signature bogus/missing-signature"},
		{recipe: recipe{name: "soa-changed", spoil: changed}, want: "secure bogus/wrong-signature bogus/wrong-signature"},
		{recipe: recipe{name: "soa-other-key", spoil: otherKey}, want: "secure bogus/no-matching-key bogus/no-matching-key"},
		{recipe: recipe{name: "nsec-changed", spoil: swollen(func(string) bool { return true })}, want: "secure secure bogus/wrong-signature"},
		{
			recipe: recipe{name: "one-late", second: long},
			want:   "secure secure secure", second: "secure bogus/signature-expired bogus/signature-expired",
		},
		{
			recipe: recipe{name: "ed448", key: []string{"-a", "ED448"}}, want: "insecure/unsupported-algorithm",
			delv: opinions{"secure", "secure"},
			why:  "delv verifies Ed448; for who cannot, as Unbound here, RFC 4035 section 5.2 asks insecure",
		},
		{recipe: recipe{name: "not-cut", plain: true, prints: "none"}, ask: "www.nsec.test.", want: "secure"},
	}
}

func signatureOf(kind uint16) func(dns.RR) bool {
	return func(rr dns.RR) bool {
		sig, ok := rr.(*dns.RRSIG)
		return ok && sig.TypeCovered == kind
	}
}

// otherKey has the SOA signed by a key that is not there.
func otherKey(t *testing.T, _ *world, signed string) string {
	t.Helper()
	return onEach(t, signed, func(rr dns.RR) dns.RR {
		if signatureOf(dns.TypeSOA)(rr) {
			rr.(*dns.RRSIG).KeyTag++
		}
		return rr
	})
}

// changed alters what was signed.
func changed(t *testing.T, _ *world, signed string) string {
	t.Helper()
	return onEach(t, signed, func(rr dns.RR) dns.RR {
		if soa, ok := rr.(*dns.SOA); ok {
			soa.Serial++
		}
		return rr
	})
}

func TestValidation(t *testing.T) {
	t.Parallel()
	var recipes []recipe
	for _, tt := range trials() {
		recipes = append([]recipe{tt.recipe}, recipes...)
	}
	w := newWorld(t, recipes)
	for _, tt := range trials() {
		t.Run(tt.recipe.name, func(t *testing.T) {
			t.Parallel()
			name := tt.ask
			if name == "" {
				name = tt.recipe.zone()
			}
			f := observe(t, w, w.door(name), name)
			compareServers(t, tt, f)
			compareReferences(t, w, tt, name, f)
		})
	}
}

func compareServers(t *testing.T, tt trial, f fact.DNSSEC) {
	t.Helper()
	want := []string{tt.want}
	if strings.HasPrefix(tt.want, "secure ") {
		want = append(want, tt.second)
		if tt.second == "" {
			want[1] = tt.want
		}
	}
	if keys := order.Or(tt.keys, "secure"); len(f.Servers) > 0 && of(f.Servers[0], "DNSKEY") != keys {
		t.Errorf("the keys are %s, want %s", of(f.Servers[0], "DNSKEY"), keys)
	}
	got := []string{state(f.State, f.Reason)}
	for i, s := range f.Servers {
		line := state(f.State, f.Reason) + " " + of(s, "SOA") + " " + of(s, fact.TypeDenial)
		if got = append(got[:i], line); s.Contact != fact.ContactAsked {
			t.Errorf("%s was not asked: %s", s.Server, s.Error)
		}
		for _, set := range s.Sets {
			if line == "secure secure secure" && set.State != fact.Secure {
				t.Errorf("%s of %s: %+v", set.Type, s.Server, set)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("states (-want +got):\n%s\n%+v", diff, f)
	}
}

func state(s fact.Security, r fact.SecurityReason) string {
	return strings.TrimSuffix(string(s)+"/"+string(r), "/")
}

func of(s fact.DNSSECServer, kind string) string {
	for _, set := range s.Sets {
		if set.Type == kind {
			return state(set.State, set.Reason)
		}
	}
	return "nothing"
}

// compareReferences asks the validators of BIND and of Unbound the same, of the
// last server looked at.
func compareReferences(t *testing.T, w *world, tt trial, name string, f fact.DNSSEC) {
	t.Helper()
	ours := opinions{string(f.State), string(f.State)}
	server := w.first
	if len(f.Servers) > 0 {
		last := f.Servers[len(f.Servers)-1]
		server, ours = w.second, opinions{before(of(last, "SOA")), before(of(last, fact.TypeDenial))}
	}
	absent := "absent." + name
	for tool, ask := range map[string]func(*testing.T, *world, string, string, string) string{"delv": delv, "unbound-host": unboundHost} {
		want := ours
		if other := map[string]opinions{"delv": tt.delv, "unbound-host": tt.host}[tool]; other.SOA != "" {
			want = other
		}
		got := opinions{ask(t, w, server.String(), name, "SOA"), ask(t, w, server.String(), absent, "A")}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s does not say the same (-wanted of it +said):\n%s%s", tool, diff, tt.why)
		}
	}
}

func before(state string) string {
	first, _, _ := strings.Cut(state, "/")
	return first
}

// delv is the validator of BIND.
func delv(t *testing.T, w *world, server, name, kind string) string {
	t.Helper()
	host, port, _ := strings.Cut(server, ":")
	conf := "trust-anchors {\n"
	for _, line := range w.anchor {
		part := strings.Fields(line)
		conf += fmt.Sprintf(". static-ds %s %s %s %q;\n", part[3], part[4], part[5], strings.Join(part[6:], ""))
	}
	file := t.TempDir() + "/anchors"
	if err := os.WriteFile(file, []byte(conf+"};\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	output := tool(t, "delv", "bind9-dnsutils", "@"+host, "-p", port, "-a", file, "+root=.", name, kind)
	switch {
	case strings.Contains(output, "fully validated"):
		return "secure"
	case strings.Contains(output, "unsigned answer"), strings.Contains(output, "negative response, unsigned"):
		return "insecure"
	case strings.Contains(output, "resolution failed"):
		return "bogus"
	}
	return output
}

const unboundConf = `server:
	do-not-query-localhost: no
	module-config: "validator iterator"
	trust-anchor-file: %q
	local-zone: "test." nodefault
forward-zone:
	name: "."
	forward-addr: %s
`

// unboundHost is the validator of Unbound.
func unboundHost(t *testing.T, w *world, server, name, kind string) string {
	t.Helper()
	dir := t.TempDir()
	anchors, conf := dir+"/anchors", dir+"/conf"
	for file, text := range map[string]string{
		anchors: strings.Join(w.anchor, "\n") + "\n",
		conf:    fmt.Sprintf(unboundConf, anchors, strings.Replace(server, ":", "@", 1)),
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	output := tool(t, "unbound-host", "unbound-host", "-C", conf, "-v", "-t", kind, name)
	switch {
	case strings.Contains(output, "BOGUS"):
		return "bogus"
	case strings.Contains(output, "(insecure)"):
		return "insecure"
	case strings.Contains(output, "(secure)"):
		return "secure"
	}
	return output
}

// tool runs a reference validator, whose exit code tells nothing.
func tool(t *testing.T, name, from string, args ...string) string {
	t.Helper()
	output, _ := exec.Command(debian.Program(t, name, from), args...).CombinedOutput()
	return string(output)
}
