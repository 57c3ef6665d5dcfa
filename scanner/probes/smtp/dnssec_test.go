// SPDX-License-Identifier: Apache-2.0

package smtpprobe

import (
	"fmt"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"carescan/checks/exposure/dane"
	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/debian"
)

const namedConf = `
options {
	directory %[1]q; pid-file none; session-keyfile none;
	listen-on port %[2]s { 127.0.0.1; }; listen-on-v6 { none; };
	recursion no; dnssec-validation no; notify no;
};
controls { };
zone "." { type primary; file "root.zone"; dnssec-policy default; inline-signing yes; };
zone "plain.test" { type primary; file "plain.zone"; };
zone "broken.test" { type primary; file "plain.zone"; };
`

const rootZone = `$TTL 300
. IN SOA a.root.test. hostmaster.test. 1 7200 3600 1209600 300
. IN NS a.root.test.
a.root.test. IN A 127.0.0.1
plain.test. IN NS a.root.test.
broken.test. IN NS a.root.test.
chu.test. IN MX 10 mx1.chu.test.
chu.test. IN MX 20 mx.plain.test.
chu.test. IN MX 30 mx.broken.test.
chu.test. IN MX 40 mx4.chu.test.
_25._tcp.mx1.chu.test. IN TLSA 3 1 1 KEY
`

const plainZone = `$TTL 300
@ IN SOA a.root.test. hostmaster.test. 1 7200 3600 1209600 300
@ IN NS a.root.test.
@ IN MX 10 mx1.chu.test.
_25._tcp.mx IN TLSA 3 1 1 KEY
`

// The trust anchor of broken.test is one that its zone cannot meet.
const unboundConf = `
server:
	interface: 127.0.0.1
	port: %[1]s
	do-daemonize: no
	chroot: ""
	username: ""
	directory: %[2]q
	pidfile: ""
	use-syslog: no
	do-not-query-localhost: no
	access-control: 127.0.0.0/8 allow
	local-zone: "test." nodefault
	trust-anchor: %[4]q
	trust-anchor: "broken.test. IN DS 12345 13 2 %[5]s"
remote-control:
	control-enable: no
stub-zone:
	name: "."
	stub-addr: 127.0.0.1@%[3]s
stub-zone:
	name: "plain.test."
	stub-addr: 127.0.0.1@%[3]s
stub-zone:
	name: "broken.test."
	stub-addr: 127.0.0.1@%[3]s
`

// TestSignedZones asks a real resolver, which checks the signatures of a real
// root, for records that are signed, not signed, and wrongly signed.
func TestSignedZones(t *testing.T) {
	t.Parallel()
	id := debian.NewIdentity(t, debian.Folder(t), "another.name.test")
	named := startNamed(t, tlsaOf(id))
	n := world(t, "", map[string]string{"25": postfixTLS(t, id)})
	n.Recursives = []netip.AddrPort{startUnbound(t, named)}
	f, _ := observe(t, n, Options{Roots: id.Roots})
	want := map[string]fact.TLSASet{
		"mx1.chu.test":   {Answer: fact.Present, Security: fact.Secure},
		"mx.plain.test":  {Answer: fact.Present, Security: fact.Insecure},
		"mx.broken.test": {Answer: fact.Present, Security: fact.Bogus}, // hidden by the resolver, seen all the same
		"mx4.chu.test":   {Answer: fact.NXDomain, Security: fact.Secure},
	}
	for _, s := range f.Servers {
		if w := want[s.Name]; s.TLSA.Answer != w.Answer || s.TLSA.Security != w.Security {
			t.Errorf("%s: %s, %s (%s); want %s, %s", s.Name, s.TLSA.Answer, s.TLSA.Security, s.TLSA.Error, w.Answer, w.Security)
		}
	}
	if len(f.Servers) != len(want) || !f.Validating {
		t.Fatalf("%d servers, validating %t", len(f.Servers), f.Validating)
	}
	if h := f.Servers[0].Hosts; len(h) != 1 || len(h[0].TLSA) != 1 || !h[0].TLSA[0] {
		t.Errorf("looked at %+v, want a record that matches whatever the name", h)
	}
}

// TestBadlySignedDomain: a resolver that validates hides the whole domain, which does
// not keep from looking at its servers, and EXP-MAIL-18 says that senders are lost.
func TestBadlySignedDomain(t *testing.T) {
	t.Parallel()
	id := debian.NewIdentity(t, debian.Folder(t), "mx1.chu.test")
	resolver := startUnbound(t, startNamed(t, tlsaOf(id)))
	tests := map[string]struct {
		security fact.Security
		want     string
	}{
		"chu.test":    {fact.Secure, "fail no-rollover"},
		"plain.test":  {fact.Insecure, "fail no-rollover"},
		"broken.test": {fact.Bogus, "fail bogus-domain"},
	}
	n := world(t, "", map[string]string{"25": postfixTLS(t, id)})
	n.Recursives = []netip.AddrPort{resolver}
	for name, tt := range tests {
		sightings, err := New(Options{Roots: id.Roots}).Observe(t.Context(), n, scanner.DomainTarget(name))
		if err != nil {
			t.Fatal(err)
		}
		f := sightings[0].Fact.(fact.MailServers)
		if f.MX.Answer != fact.Present || f.MXSecurity != tt.security || len(sightings[0].Missing) > 0 {
			t.Errorf("%s: MX %s, %s; want present, %s", name, f.MX.Answer, f.MXSecurity, tt.security)
		}
		if name == "chu.test" {
			f.Servers = f.Servers[:1] // the others are of other tests
		}
		o, err := scanner.Saw(scanner.DomainTarget(name), f)
		if err != nil {
			t.Fatal(err)
		}
		got := dane.Check.Evaluate(o, nil)
		if verdict := string(got.Outcome) + " " + got.Reason; verdict != tt.want {
			t.Errorf("%s: %s, want %s: %+v", name, verdict, tt.want, f.Servers)
		}
	}
}

// startNamed serves the zones, and waits until the root is signed.
func startNamed(t *testing.T, key string) (port string) {
	t.Helper()
	program := debian.Program(t, "/usr/sbin/named", "bind9")
	folder, port := debian.Folder(t), debian.Port(t)
	conf := debian.Write(t, folder, "named.conf", fmt.Sprintf(namedConf, folder, port))
	debian.Write(t, folder, "root.zone", strings.ReplaceAll(rootZone, "KEY", key))
	debian.Write(t, folder, "plain.zone", strings.ReplaceAll(plainZone, "KEY", key))
	debian.Start(t, exec.Command(program, "-g", "-c", conf), port)
	return port
}

// rootKey asks for the key of the root until it is signed.
func rootKey(t *testing.T, port string) string {
	t.Helper()
	q := new(dns.Msg).SetQuestion(".", dns.TypeDNSKEY)
	q.SetEdns0(4096, true)
	limit := time.After(time.Minute)
	for retry := time.Tick(50 * time.Millisecond); ; {
		reply, _, err := (&dns.Client{Net: "tcp"}).Exchange(q, "127.0.0.1:"+port)
		for i := 0; err == nil && i < len(reply.Answer); i++ {
			if _, signed := reply.Answer[len(reply.Answer)-1].(*dns.RRSIG); !signed {
				break
			}
			if key, ok := reply.Answer[i].(*dns.DNSKEY); ok && key.Flags&dns.SEP != 0 {
				return strings.Join(strings.Fields(key.String()), " ")
			}
		}
		select {
		case <-limit:
			t.Fatalf("named did not sign the root: %v, %v", reply, err)
		case <-retry:
		}
	}
}

func startUnbound(t *testing.T, named string) netip.AddrPort {
	t.Helper()
	program := debian.Program(t, "/usr/sbin/unbound", "unbound")
	folder, port := debian.Folder(t), debian.Port(t)
	conf := debian.Write(t, folder, "unbound.conf", fmt.Sprintf(unboundConf, port, folder, named, rootKey(t, named), strings.Repeat("ab", 32)))
	debian.Start(t, exec.Command(program, "-d", "-p", "-c", conf), port)
	return netip.MustParseAddrPort("127.0.0.1:" + port)
}
