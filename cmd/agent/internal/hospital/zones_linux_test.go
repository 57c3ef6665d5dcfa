// SPDX-License-Identifier: Apache-2.0

package hospital

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// zone is a zone of the world, signed before it is served.
type zone struct {
	name  string // without the final dot; empty for the root
	nsec3 bool
	text  string
}

func (z zone) file() string { return "zone-" + z.name }

// top begins a zone: its authority and the lives of its records.
func top(server string) string {
	return fmt.Sprintf("$TTL 3600\n@ IN SOA %s hostmaster.chu.test. 2026113001 14400 3600 1209600 3600\n@ IN NS %s\n", server, server)
}

// domainZone is the zone of a healthy domain with mail: signed, with SPF in a chain of
// inclusions, DKIM, DMARC, MTA-STS, reports and pinned certificates.
func domainZone(d domain, pins []string, key string) string {
	text := top("ns1.chu.test.") + "@ IN NS " + d.second + ".\n"
	for i, mx := range d.mx {
		text += fmt.Sprintf("@ IN MX %d %s.\n", 10*(i+1), mx)
	}
	text += `@ IN TXT "v=spf1 mx include:_spf.` + d.name + ` -all"
_spf IN TXT "v=spf1 ip4:93.184.216.25 ip4:93.184.216.26 include:_spf.editeur.test -all"
@ IN CAA 0 issue "autorite.test"
@ IN CAA 0 iodef "mailto:securite@chu.test"
_dmarc IN TXT "v=DMARC1; p=none; rua=mailto:dmarc@editeur.test"
_mta-sts IN TXT "v=STSv1; id=20261130"
_smtp._tls IN TXT "v=TLSRPTv1; rua=mailto:tls@` + d.name + `"
s1._domainkey IN TXT ` + key + `
s2._domainkey IN TXT ` + key + `
mta-sts IN A ` + policyAddr + `
`
	if d.name == "chu.test" {
		text += "ns1 IN A " + ns1Addr + "\nns1 IN AAAA " + ns1Six + "\nns2 IN A " + ns2Addr + "\nns2 IN AAAA " + ns2Six + "\n"
		for i, mx := range mailAddrs {
			text += fmt.Sprintf("mx%d IN A %s\nmx%d IN AAAA %s\n", i+1, mx, i+1, mailSixes[i])
			for _, pin := range pins {
				text += fmt.Sprintf("_25._tcp.mx%d IN TLSA 3 1 1 %s\n", i+1, pin)
			}
		}
	}
	for _, m := range machines {
		if m.domain == d.name {
			text += m.label + " IN A " + m.addr + "\n"
			if m.label == "www" {
				text += "@ IN A " + m.addr + "\n"
			}
		}
	}
	return text
}

// othersZones are those of everybody else: a supplier of software whose servers send
// mail, a provider of name servers, one that filters mail.
func othersZones() []zone {
	reports := ""
	for _, d := range domains {
		reports += d.name + `._report._dmarc IN TXT "v=DMARC1"` + "\n"
	}
	return []zone{
		{name: "editeur.test", text: top("ns.operateur.test.") + reports + `@ IN MX 10 mx1.filtre.test.
_spf IN TXT "v=spf1 include:_spf.filtre.test ip4:93.184.213.64/28 -all"
`},
		{name: "operateur.test", nsec3: true, text: top("ns.operateur.test.") + "ns IN A " + operatorAddr + "\nns2 IN A " + operatorAddr + "\n"},
		{name: "filtre.test", text: top("ns.operateur.test.") + "mx1 IN A " + filterAddr + "\nmx2 IN A " + filterAddr + "\n" +
			`_spf IN TXT "v=spf1 ip4:93.184.213.0/28 -all"` + "\n"},
	}
}

// signer signs zones in a folder, children before parents.
type signer struct {
	folder     string
	delegation strings.Builder // of the zones signed so far, for their parent
}

// sign signs one zone with a key-signing and a zone-signing key.
func (s *signer) sign(t testing.TB, z zone, delegation string) (anchor string) {
	t.Helper()
	origin := z.name + "."
	tool := func(name string, args ...string) string {
		command := exec.CommandContext(t.Context(), name, args...)
		command.Dir = s.folder
		return run(t, command)
	}
	entry := strings.TrimSpace(tool("dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", "-f", "KSK", origin))
	tool("dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", origin)
	write(t, s.folder, z.file()+".unsigned", z.text)
	args := []string{"-S", "-o", origin, "-f", z.file()}
	if z.nsec3 {
		args = append(args, "-3", "-", "-H", "0") // RFC 9276 section 3.1
	}
	tool("dnssec-signzone", append(args, z.file()+".unsigned")...)
	anchor = tool("dnssec-dsfromkey", "-2", entry+".key")
	s.delegation.WriteString(delegation + anchor)
	return anchor
}

// signZones signs every zone of the world, and gives the trust anchor of its root.
func signZones(t testing.TB, folder string, pins []string) (anchor string) {
	t.Helper()
	key := dkimKey(t)
	s := &signer{folder: folder}
	for _, d := range domains {
		cut := d.name + ". NS ns1.chu.test.\n" + d.name + ". NS " + d.second + ".\n"
		if d.name == "chu.test" {
			cut += "ns1.chu.test. A " + ns1Addr + "\nns1.chu.test. AAAA " + ns1Six + "\nns2.chu.test. A " + ns2Addr + "\nns2.chu.test. AAAA " + ns2Six + "\n"
		}
		s.sign(t, zone{d.name, d.nsec3, domainZone(d, pins, key)}, cut)
	}
	for _, z := range othersZones() {
		cut := z.name + ". NS ns.operateur.test.\n"
		if z.name == "operateur.test" {
			cut += "ns.operateur.test. A " + operatorAddr + "\n"
		}
		s.sign(t, z, cut)
	}
	below := s.delegation.String()
	test := &signer{folder: folder}
	test.sign(t, zone{"test", true, top("a.registre.test.") + "a.registre.test. A " + registryAddr + "\n" + below}, "test. NS a.registre.test.\na.registre.test. A "+registryAddr+"\n")
	root := zone{"", false, top("a.racine.test.") + "a.racine.test. A " + rootAddr + "\n" + test.delegation.String()}
	return strings.TrimSpace(new(signer{folder: folder}).sign(t, root, ""))
}

// dkimKey is the record of a key of DKIM (RFC 6376 section 3.6.1), in strings of a zone.
func dkimKey(t testing.TB) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	record := "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(raw)
	return fmt.Sprintf("%q %q", record[:200], record[200:])
}

// pinOf is the TLSA 3 1 1 of a certificate (RFC 6698 section 2.1).
func pinOf(c *x509.Certificate) string {
	return fmt.Sprintf("%x", sha256.Sum256(c.RawSubjectPublicKeyInfo))
}

// write writes a file that servers may read under accounts of their own.
func write(t testing.TB, folder, name, text string) (path string) {
	t.Helper()
	path = filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
