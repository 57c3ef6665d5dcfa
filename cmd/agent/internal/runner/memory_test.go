// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"carescan/cmd/agent/internal/config"
	"carescan/scanner"
	"carescan/scanner/probes/directory"
	"carescan/scanner/scannertest"
)

// The hostile hospital: as many sites as the engine takes at once in a real one, and
// more directories than any has.
const (
	hostileSites       = 24
	hostileDirectories = 4
	hostileHosts       = 30
)

// TestHostileHospitalTakesLittleMemory has a whole run meet dozens of servers at once
// of which none ever ends: pages, heads, certificates' servers, banners, directories.
func TestHostileHospitalTakesLittleMemory(t *testing.T) {
	scannertest.WithinMemory(t, func(t *testing.T) {
		w, certificate := newWorld(t), named(t)
		c := w.configOf(0)
		c.Network.ConfirmAfter = time.Millisecond
		for i := range hostileSites {
			name := fmt.Sprintf("site%d.test", i)
			c.Targets.Sites = append(c.Targets.Sites, "https://"+name)
			for port, play := range map[string]func(net.Conn){"443": secured(certificate, endless(pages[i%len(pages)])), "80": endless(pages[i%len(pages)])} {
				c.Network.Redirects = append(c.Network.Redirects, config.Redirect{From: name + ":" + port, To: hostile(t, fmt.Sprintf("127.1.%d.1", i), play)})
			}
		}
		for i := range hostileHosts {
			name := fmt.Sprintf("hote%d.test", i)
			c.Targets.Hosts = append(c.Targets.Hosts, name)
			for _, port := range []string{"21", "22", "25", "110"} {
				c.Network.Redirects = append(c.Network.Redirects, config.Redirect{From: name + ":" + port, To: hostile(t, fmt.Sprintf("127.2.%d.1", i), endless("SSH-2.0-"+strings.Repeat("a", 1000)))})
			}
		}
		c.Sources[directory.Section.Name] = hostileDirectoriesOf(t, &c, certificate)
		ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
		defer cancel()
		run, err := Runner{Config: c}.Run(ctx)
		if err != nil {
			t.Fatal(err)
		}
		kinds := map[scanner.TargetKind]bool{}
		for _, o := range run.Observations {
			kinds[o.Target.Kind] = true
		}
		if len(run.Observations) < hostileSites+hostileHosts || !kinds[scanner.KindDirectory] {
			t.Errorf("%d observations of %v: the hostile were not met", len(run.Observations), kinds)
		}
	})
}

// pages are the beginnings of answers that never end, and what comes then for ever.
var pages = []string{
	"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<b>", "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\n", "HTTP/1.1 200 ",
	"HTTP/1.1 302 Found\r\nLocation: https://site0.test/", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
}

// endless answers whatever is asked with the same words for ever.
func endless(words string) func(net.Conn) {
	again := words[strings.LastIndex(words, "\n")+1:] + " "
	rest := bytes.Repeat([]byte(again), 1+8<<10/len(again)) // little: it counts as the agent's
	return func(conn net.Conn) {
		if _, err := io.WriteString(conn, words); err == nil {
			writeFor(conn, rest)
		}
	}
}

func secured(certificate tls.Certificate, play func(net.Conn)) func(net.Conn) {
	settings := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	return func(conn net.Conn) {
		peer := tls.Server(conn, settings)
		if peer.Handshake() == nil {
			play(peer)
		}
	}
}

// hostile serves on an address of its own until the test ends.
func hostile(t *testing.T, host string, play func(net.Conn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", host+":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go serveEach(listener, play)
	return listener.Addr().String()
}

// named is a certificate that its own authority is, for every directory.
func named(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"*.test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// hostileDirectoriesOf declares directories that sign anybody in and name members
// without end.
func hostileDirectoriesOf(t *testing.T, c *config.Config, certificate tls.Certificate) *directory.Settings {
	t.Helper()
	folder := t.TempDir()
	secret, authority := filepath.Join(folder, "secret"), filepath.Join(folder, "authority.pem")
	trusted := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]})
	for path, text := range map[string][]byte{secret: []byte("secret"), authority: trusted} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var all directory.Settings
	for i := range hostileDirectories {
		name := fmt.Sprintf("ad%d.test", i)
		c.Network.Redirects = append(c.Network.Redirects, config.Redirect{From: name + ":636", To: hostile(t, fmt.Sprintf("127.3.%d.1", i), secured(certificate, members))})
		all = append(all, directory.Config{
			ID: fmt.Sprint("ad", i), URL: "ldaps://" + name, CAFile: authority, BindDN: "x", PasswordFile: secret, BaseDN: "dc=test",
		})
	}
	return &all
}

// members speaks just enough LDAP (RFC 4511): a success, then entries of members that
// nobody has seen before.
func members(conn net.Conn) {
	question := make([]byte, 4<<10)
	if _, err := conn.Read(question); err != nil {
		return
	}
	const success = "\x0a\x01\x00\x04\x00\x04\x00"
	if _, err := conn.Write(element(0x30, []byte("\x02\x01\x01"), element(0x61, []byte(success)))); err != nil {
		return
	}
	if _, err := conn.Read(question); err != nil {
		return
	}
	const width = 8 // of the number in a name
	value := element(0x04, fmt.Appendf(nil, "cn=%0*d,%s", width, 0, strings.Repeat("a", 90)))
	number := bytes.IndexByte(value, '=') + 1
	attribute := element(0x30, element(0x04, []byte("member")), element(0x31, bytes.Repeat(value, 5000)))
	entry := element(0x30, []byte("\x02\x01\x02"), element(0x64, element(0x04, []byte("cn=a")), element(0x30, attribute)))
	names := entry[len(entry)-5000*len(value):]
	// One message, changed in place: what this server takes counts as the agent's.
	for said := 0; ; {
		for at := 0; at < len(names); at += len(value) {
			said++
			for i, left := width-1, said; i >= 0; i, left = i-1, left/10 {
				names[at+number+i] = byte('0' + left%10)
			}
		}
		if _, err := conn.Write(entry); err != nil {
			return
		}
	}
}

// element is one of BER, its length in four bytes.
func element(tag byte, parts ...[]byte) []byte {
	body := slices.Concat(parts...)
	return append(binary.BigEndian.AppendUint32([]byte{tag, 0x84}, uint32(len(body))), body...)
}
