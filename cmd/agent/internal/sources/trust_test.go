// SPDX-License-Identifier: Apache-2.0

package sources

import (
	"crypto/x509"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"carescan/cmd/agent/internal/config"
)

// TestPrivateAuthorities trusts a declared authority beside the public ones,
// whether these are declared or the system's, and never among them.
func TestPrivateAuthorities(t *testing.T) {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	leaf := server.Certificate()
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw})
	saved := func(name, mark string) string {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, append([]byte(mark), text...), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	file, marked := saved("private.pem", ""), saved("marked.pem", "\ufeff")
	trusts := func(pool *x509.CertPool) bool {
		_, err := leaf.Verify(x509.VerifyOptions{Roots: pool})
		return err == nil
	}
	for name, n := range map[string]config.Network{
		"beside the system": {PrivateCAFiles: []string{file}},
		"beside a file":     {PrivateCAFiles: []string{file}, CAFile: file},
		"saved by Notepad":  {PrivateCAFiles: []string{marked}, CAFile: marked},
	} {
		got, err := trustOf(n)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !trusts(got.private) || !trusts(got.any) || trusts(got.public) != (n.CAFile != "") {
			t.Errorf("%s: private %t, any %t, public %t", name, trusts(got.private), trusts(got.any), trusts(got.public))
		}
	}
}
