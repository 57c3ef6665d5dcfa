// SPDX-License-Identifier: Apache-2.0

// Package debian starts real servers of Debian for tests, on free ports of
// loopback, with all they write in a folder of the test.
package debian

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// Folder makes a folder that servers may enter under accounts of their own.
func Folder(t testing.TB) string {
	t.Helper()
	folder := t.TempDir()
	must(t, os.Chmod(filepath.Dir(folder), 0o755)) //nolint:gosec // a folder of a test
	must(t, os.Chmod(folder, 0o755))               //nolint:gosec // a folder of a test
	return folder
}

// Write writes a file of a folder and gives its path.
func Write(t testing.TB, folder, name, text string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	must(t, os.MkdirAll(filepath.Dir(path), 0o755)) //nolint:gosec // a folder of a test
	must(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// Give gives what a folder holds to an account.
func Give(t testing.TB, account string, paths ...string) syscall.Credential {
	t.Helper()
	found, err := user.Lookup(account)
	if err != nil {
		t.Skipf("account %s does not exist: %v", account, err)
	}
	uid, _ := strconv.Atoi(found.Uid)
	gid, _ := strconv.Atoi(found.Gid)
	for _, path := range paths {
		must(t, os.Chown(path, uid, gid))
	}
	return syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// Program finds a program, in the folders of administrators too.
func Program(t testing.TB, name, packaged string) string {
	t.Helper()
	for _, folder := range []string{"", "/usr/sbin", "/sbin"} {
		if found, err := exec.LookPath(filepath.Join(folder, name)); err == nil {
			return found
		}
	}
	missing(t, name, packaged)
	return ""
}

// File finds what a package installs outside the folders of programs; of several
// versions, the last.
func File(t testing.TB, pattern, packaged string) string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	must(t, err)
	if len(found) == 0 {
		missing(t, pattern, packaged)
	}
	return found[len(found)-1]
}

// missing skips a test that has nothing to try itself against: a developer who is
// not root cannot install servers. In continuous integration scripts/install.sh
// has installed everything, and what is missing is a failure.
func missing(t testing.TB, what, packaged string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed: add package %s to scripts/install.sh", what, packaged)
	}
	t.Skipf("%s is not installed (package %s)", what, packaged)
}

// Root skips a test whose server must be started by root.
func Root(t testing.TB, server string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skipf("%s must be started by root", server)
	}
}

// Port is a port of loopback that was free a moment ago.
func Port(t testing.TB) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	must(t, err)
	return port
}

// readiness bounds the wait for a server: a crowded machine is slow.
const readiness = time.Minute

// Start runs a server until the end of the test, and waits until every port
// answers.
func Start(t testing.TB, command *exec.Cmd, ports ...string) {
	t.Helper()
	var said bytes.Buffer
	command.Stdout, command.Stderr = &said, &said
	if command.SysProcAttr == nil {
		command.SysProcAttr = &syscall.SysProcAttr{}
	}
	command.SysProcAttr.Setpgid = true // its children end with it
	command.WaitDelay = 5 * time.Second
	must(t, command.Start())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = command.Wait() }()
	t.Cleanup(func() { stop(command, ended) })
	for _, port := range ports {
		waitFor(t, port, ended, &said)
	}
}

// stop asks the server to end, then ends whatever is left of its group.
func stop(command *exec.Cmd, ended chan struct{}) {
	_ = command.Process.Signal(syscall.SIGTERM)
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
	}
	_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
	<-ended
}

func waitFor(t testing.TB, port string, ended chan struct{}, said *bytes.Buffer) {
	t.Helper()
	limit := time.After(readiness)
	for retry := time.Tick(10 * time.Millisecond); ; {
		if conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", "127.0.0.1:"+port); err == nil {
			conn.Close()
			return
		}
		select {
		case <-ended:
			t.Fatalf("the server ended:\n%s", said)
		case <-limit:
			t.Fatalf("the server does not answer on port %s", port)
		case <-retry:
		}
	}
}

// Identity is a self-signed certificate and its files.
type Identity struct {
	Leaf              *x509.Certificate
	TLS               tls.Certificate
	CertFile, KeyFile string
	Roots             *x509.CertPool // holds the certificate itself
}

// NewIdentity makes a certificate for some names, in a folder.
func NewIdentity(t testing.TB, folder string, names ...string) Identity {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	leaf, err := x509.ParseCertificate(der)
	must(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return Identity{
		Leaf: leaf, TLS: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, Roots: roots,
		CertFile: Write(t, folder, "cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))),
		KeyFile:  Write(t, folder, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}))),
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
