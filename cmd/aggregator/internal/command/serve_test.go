// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carescan/cmd/internal/cli"
	"carescan/cmd/internal/wire"
	"carescan/reports/bundle"
	"carescan/scanner/bounded"
)

// serving is a server that runs in a data folder.
type serving struct {
	folder string
	where  addresses
	stop   func()
	code   chan int
}

// begin makes the region of a folder, unless it is there.
func begin(t *testing.T, folder string, more ...string) {
	t.Helper()
	if code := run(t.Context(), append([]string{"init", "--data", folder}, more...), io.Discard, io.Discard); code != 0 {
		t.Fatalf("init: exit %d", code)
	}
}

// start serves on free ports and waits until the addresses are told.
func start(t *testing.T, folder string, more ...string) serving {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	s := serving{folder: folder, stop: stop, code: make(chan int, 1)}
	file := filepath.Join(t.TempDir(), "addresses.json")
	begin(t, folder, more...)
	read, write := io.Pipe()
	args := append([]string{"serve", "--lang=en", "--data", folder, "--agent-listen=127.0.0.1:0", "--web-listen=127.0.0.1:0", "--addr-file", file}, more...)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.code <- run(ctx, args, io.Discard, write)
		write.Close()
	}()
	lines := bufio.NewScanner(read)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "Pages: ") {
	}
	go io.Copy(io.Discard, read)
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; the server said: %s", err, lines.Text())
	}
	if err := json.Unmarshal(raw, &s.where); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // its folder goes next
		stop()
		<-ended
	})
	return s
}

func (s serving) client(t *testing.T) *http.Client {
	t.Helper()
	authority, err := os.ReadFile(filepath.Join(s.folder, "keys", "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func get(t *testing.T, client *http.Client, url string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func say(t *testing.T, args ...string) string {
	t.Helper()
	var out, err bytes.Buffer
	if code := run(t.Context(), args, &out, &err); code != 0 {
		t.Fatalf("%v ended with %d: %s", args, code, err.String())
	}
	return strings.TrimSpace(out.String())
}

func TestServe(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	s := start(t, folder, "--region", "Bretagne")
	client := s.client(t)
	if status, body := get(t, client, s.where.Web+"/"); status != http.StatusOK || !strings.Contains(body, "Bretagne") {
		t.Errorf("pages answer %d: %s", status, body)
	}
	if status, _ := get(t, client, s.where.Agent+"/"); status != http.StatusNotFound {
		t.Errorf("agent interface answers %d", status)
	}
	data := "--data=" + folder
	say(t, "establishment", "add", data, "--finess=690000013", "--name=CHU")
	token, err := wire.ParseToken(say(t, "enrol-token", "create", data, "--establishment=690000013"))
	if err != nil || token.URL != s.where.Agent {
		t.Errorf("token %+v: %v", token, err)
	}
	link := say(t, "user", "add", data, "--name=Camille", "--email=camille@agr.test", "--admin")
	if status, body := get(t, client, link); status != http.StatusOK || !strings.Contains(body, "Camille") {
		t.Errorf("link %s answers %d", link, status)
	}
	s.stop()
	if code := <-s.code; code != 0 {
		t.Errorf("the server ended with %d", code)
	}
}

func TestServeWithAGivenCertificate(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	begin(t, folder)
	keys := filepath.Join(folder, "keys")
	s := start(t, folder, "--web-tls-cert-file", filepath.Join(keys, "ca.crt"), "--web-tls-key-file", filepath.Join(keys, "ca.key"))
	connection, err := tls.Dial("tcp", strings.TrimPrefix(s.where.Web, "https://"), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if got := connection.ConnectionState().PeerCertificates[0].Subject.CommonName; got != "CareScan aggregator authority" {
		t.Errorf("the pages show certificate %q", got)
	}
}

func TestServeRefusesABusyAddress(t *testing.T) {
	s := start(t, filepath.Join(t.TempDir(), "data"))
	var err bytes.Buffer
	busy := strings.TrimPrefix(s.where.Web, "https://")
	other := t.TempDir()
	begin(t, other)
	code := run(t.Context(), []string{"serve", "--data", other, "--agent-listen", busy}, io.Discard, &err)
	if code != 2 || !strings.Contains(err.String(), busy) {
		t.Errorf("ended with %d: %s", code, err.String())
	}
}

func TestReachable(t *testing.T) {
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{"127.0.0.1:1": "127.0.0.1:1", "[::]:2": name + ":2", "0.0.0.0:3": name + ":3"} {
		if got := reachable(address); got != want {
			t.Errorf("reachable(%q) = %q, want %q", address, got, want)
		}
	}
}

func TestVerifyReadsBundlesOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large"+bundle.Extension)
	if err := os.WriteFile(path, make([]byte, bundle.MaxBytes+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := new(app).verifyFile(path, trustFiles{}); !errors.Is(err, bounded.ErrTooLarge) {
		t.Errorf("a file beyond the limit was read: %v", err)
	}
}

// TestTwoServersOnOneFolder refuses the second; commands of a person come beside.
func TestTwoServersOnOneFolder(t *testing.T) {
	s := start(t, t.TempDir())
	var told bytes.Buffer
	code := run(t.Context(), []string{"serve", "--lang=en", "--data", s.folder, "--agent-listen=127.0.0.1:0", "--web-listen=127.0.0.1:0"}, io.Discard, &told)
	if code != cli.ExitUnusable || !strings.Contains(told.String(), "another program already works in folder "+s.folder) {
		t.Errorf("a second server: code %d, %s", code, told.String())
	}
	if code := run(t.Context(), []string{"doctor", "--lang=en", "--data", s.folder}, io.Discard, &told); code != cli.ExitOK {
		t.Errorf("doctor beside the server: code %d, %s", code, told.String())
	}
}
