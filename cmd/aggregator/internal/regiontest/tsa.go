// SPDX-License-Identifier: Apache-2.0

package regiontest

import (
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TSA is a time-stamping authority made of openssl, as a stranger would have it.
type TSA struct {
	URL    string
	CAFile string // its root, PEM
	Roots  *x509.CertPool
	// Down has it answer with an error.
	Down bool
}

// tsaSettings are those of "openssl ts -reply".
const tsaSettings = `
[tsa]
default_tsa = tsa_config
[tsa_config]
serial = serial
crypto_device = builtin
signer_cert = tsa.crt
signer_key = tsa.key
certs = ca.crt
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
`

// NewTSA starts an authority, which ends with the test.
func NewTSA(t testing.TB) *TSA {
	t.Helper()
	folder := t.TempDir()
	for name, content := range map[string]string{
		"tsa.cnf": tsaSettings, "serial": "01\n",
		"ext.cnf": "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=Test TSA root", "-days", "2"},
		{"req", "-newkey", "rsa:2048", "-nodes", "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Test TSA"},
		{"x509", "-req", "-in", "tsa.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "ext.cnf", "-out", "tsa.crt", "-days", "1"},
	} {
		OpenSSL(t, folder, args...)
	}
	tsa := &TSA{CAFile: filepath.Join(folder, "ca.crt"), Roots: x509.NewCertPool()}
	tsa.Roots.AppendCertsFromPEM(must(os.ReadFile(tsa.CAFile))(t))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		question, err := io.ReadAll(r.Body)
		if err != nil || tsa.Down || os.WriteFile(filepath.Join(folder, "question.tsq"), question, 0o600) != nil {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		command := exec.CommandContext(r.Context(), "openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "question.tsq", "-out", "answer.tsr")
		command.Dir = folder
		if said, err := command.CombinedOutput(); err != nil {
			http.Error(w, string(said), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/timestamp-reply")
		http.ServeFile(w, r, filepath.Join(folder, "answer.tsr"))
	}))
	t.Cleanup(server.Close)
	tsa.URL = server.URL
	return tsa
}

// OpenSSL runs a command of openssl in a folder.
func OpenSSL(t testing.TB, folder string, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "openssl", args...)
	command.Dir = folder
	if said, err := command.CombinedOutput(); err != nil {
		t.Fatalf("openssl %v: %v\n%s", args, err, said)
	}
}
