// SPDX-License-Identifier: Apache-2.0

package hospital

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"carescan/scanner/guard/netlab"
)

// world is the hospital, its registry and its providers, in a network of their own
// that a scanner reaches by one cable.
type world struct {
	lab    *netlab.Lab
	folder string
	anchor string // of its signed root
	ca     authority
	rsa    crypto.Signer // one key for all: making it is dear, and speaking with it costs the same
}

// newWorld starts every server, and waits until each answers.
func newWorld(t testing.TB) *world {
	t.Helper()
	lab := netlab.New(t)
	requirePrograms(t)
	w := &world{lab: lab, folder: openFolder(t), ca: newAuthority(t), rsa: rsaKey(t)}
	w.address(t)
	w.firewall(t)
	write(t, w.folder, "ca.pem", block("CERTIFICATE", w.ca.certificate.Raw))
	pins := w.certify(t, "mx", "mx1.chu.test", "mx2.chu.test", "mx1.filtre.test", "mx2.filtre.test")
	for _, m := range machines {
		if m.site() {
			w.certify(t, m.name(), m.name(), m.domain)
		}
	}
	for _, d := range domains {
		w.certify(t, "mta-sts."+d.name, "mta-sts."+d.name)
	}
	w.anchor = signZones(t, w.folder, pins)
	w.start(t)
	return w
}

func openFolder(t testing.TB) string {
	t.Helper()
	folder := t.TempDir()
	for _, path := range []string{filepath.Dir(folder), folder} {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// address gives the world its addresses, and both ends of the cable IPv6.
func (w *world) address(t testing.TB) {
	t.Helper()
	run(t, w.lab.Command(t.Context(), "ip", "-6", "address", "add", scannerSix+"/64", "dev", cable, "nodad"))
	lines := "address add " + worldSix + "/64 dev " + cable + " nodad\n"
	all := []string{rootAddr, registryAddr, operatorAddr, filterAddr, ns1Addr, ns2Addr, ns1Six, ns2Six, policyAddr}
	all = slices.Concat(all, mailAddrs, mailSixes)
	for _, m := range machines {
		all = append(all, m.addr)
	}
	for _, address := range all {
		bits := 32
		if strings.Contains(address, ":") {
			bits = 128
		}
		lines += fmt.Sprintf("address add %s/%d dev lo\n", address, bits)
	}
	batch := w.lab.WorldCommand(t.Context(), "ip", "-batch", "-")
	batch.Stdin = strings.NewReader(lines)
	run(t, batch)
	run(t, w.lab.Command(t.Context(), "ip", "-6", "route", "add", "default", "via", worldSix))
}

// firewall drops, without a word, what comes to a port of the hospital that it does
// not serve, as the firewall of an establishment does; some machines refuse instead.
func (w *world) firewall(t testing.TB) {
	t.Helper()
	run(t, w.lab.WorldCommand(t.Context(), "sysctl", "-q", "-w", "net.ipv4.icmp_ratelimit=0")) // each refusal is said
	opened := []string{ns1Addr + " . 53", ns2Addr + " . 53", policyAddr + " . 80", policyAddr + " . 443"}
	for _, mx := range mailAddrs {
		opened = append(opened, mx+" . 25")
	}
	refusing := ""
	for _, m := range machines {
		switch {
		case m.site():
			opened = append(opened, m.addr+" . 80", m.addr+" . 443")
		case m.does == fewPorts:
			opened = append(opened, m.addr+" . 22", m.addr+" . 8443")
		case m.does == closed:
			opened = append(opened, m.addr+" . 22")
			refusing += "ip daddr " + m.addr + " meta l4proto tcp reject with tcp reset\nip daddr " + m.addr + " meta l4proto udp reject\n"
		}
	}
	rules := w.lab.WorldCommand(t.Context(), "nft", "-f", "-")
	rules.Stdin = strings.NewReader(fmt.Sprintf(`table inet hospital {
	set opened { type ipv4_addr . inet_service; elements = { %s }; }
	chain received {
		type filter hook input priority 0; policy accept;
		iifname lo accept
		ct state established accept
		ip daddr . th dport @opened accept
		%s ip daddr { 93.184.215.0/24, 93.184.216.0/24 } drop
	}
}
`, strings.Join(opened, ", "), refusing))
	run(t, rules)
}

func (w *world) start(t testing.TB) {
	t.Helper()
	var own []string
	for _, d := range domains {
		own = append(own, d.name)
	}
	w.named(t, "registry", []string{rootAddr, registryAddr}, nil, "", "test")
	w.named(t, "operator", []string{operatorAddr}, nil, "editeur.test", "operateur.test", "filtre.test", "labo.test")
	w.named(t, "first", []string{ns1Addr}, []string{ns1Six}, own...)
	w.nsd(t, own...)
	w.unbound(t, w.anchor)
	w.postfix(t, filepath.Join(w.folder, "mx-ec.pem"), filepath.Join(w.folder, "mx-rsa.pem"))
	w.nginx(t)
	for _, m := range machines {
		if m.does == openssl {
			pair := filepath.Join(w.folder, m.name())
			w.server(t, "openssl", "s_server", "-accept", m.addr+":443", "-www", "-quiet", "-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0",
				"-cert", pair+"-rsa.pem", "-key", pair+"-rsa.pem", "-dcert", pair+"-ec.pem", "-dkey", pair+"-ec.pem")
		}
	}
	w.playOdd(t)
	w.await(t)
}

// authority is who signs the certificates of the hospital, and is trusted like a public one.
type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

func newAuthority(t testing.TB) authority {
	t.Helper()
	key := ecKey(t)
	own := template("Autorité de l'essai")
	own.IsCA, own.KeyUsage = true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
	return authority{authority{own, key}.sign(t, own, key), key}
}

func template(name string, names ...string) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)) // never fails (crypto/rand)
	return &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, DNSNames: names, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(80 * 24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
}

func (a authority) sign(t testing.TB, unsigned *x509.Certificate, key crypto.Signer) *x509.Certificate {
	t.Helper()
	raw, err := x509.CreateCertificate(rand.Reader, unsigned, a.certificate, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// certify writes two certificates of some names, one for each kind of key, each with
// its key and its authority in one file, and gives their pins.
func (w *world) certify(t testing.TB, file string, names ...string) (pins []string) {
	t.Helper()
	for kind, key := range map[string]crypto.Signer{"ec": ecKey(t), "rsa": w.rsa} {
		signed := w.ca.sign(t, template(names[0], names...), key)
		raw, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		write(t, w.folder, file+"-"+kind+".pem", block("PRIVATE KEY", raw)+block("CERTIFICATE", signed.Raw))
		pins = append(pins, pinOf(signed))
	}
	return pins
}

func block(kind string, raw []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}))
}

func ecKey(t testing.TB) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func rsaKey(t testing.TB) crypto.Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func addresses(texts []string) []netip.Addr {
	var list []netip.Addr
	for _, text := range texts {
		list = append(list, netip.MustParseAddr(text))
	}
	return list
}
