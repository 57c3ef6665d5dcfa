// SPDX-License-Identifier: Apache-2.0

package debian

import (
	"bufio"
	"context"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// OpenSSL starts the server of OpenSSL on a port of its own choice, which it prints,
// and gives its address. The flags name its certificate.
func OpenSSL(t testing.TB, flags ...string) string {
	t.Helper()
	binary := Program(t, "openssl", "openssl")
	ctx, cancel := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, binary, append([]string{"s_server", "-accept", "127.0.0.1:0"}, flags...)...)
	output, err := command.StdoutPipe()
	must(t, err)
	input, err := command.StdinPipe() // its end would end the server
	must(t, err)
	must(t, command.Start())
	t.Cleanup(func() { cancel(); input.Close(); _ = command.Wait() })
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if address, found := strings.CutPrefix(lines.Text(), "ACCEPT "); found {
			go func() {
				for lines.Scan() {
				}
			}()
			return netip.MustParseAddrPort(address).String()
		}
	}
	t.Fatal("openssl did not say where it listens")
	return ""
}

// RSAPair makes a self-signed certificate of a key of some bits, which may be fewer
// than Go makes, and gives the file that holds both.
func RSAPair(t testing.TB, bits int, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pair.pem")
	command := exec.CommandContext(t.Context(), Program(t, "openssl", "openssl"), "req", "-x509", "-newkey", "rsa:"+strconv.Itoa(bits), "-nodes",
		"-subj", "/CN="+name, "-addext", "subjectAltName=DNS:"+name, "-days", "30", "-keyout", path, "-out", path+".crt")
	if said, err := command.CombinedOutput(); err != nil {
		t.Fatalf("openssl makes no certificate: %v\n%s", err, said)
	}
	key, err := os.ReadFile(path)
	must(t, err)
	certificate, err := os.ReadFile(path + ".crt")
	must(t, err)
	must(t, os.WriteFile(path, slices.Concat(key, certificate), 0o600)) //nolint:gosec // a file of the test
	return path
}
