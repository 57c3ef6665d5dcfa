// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// numbers reads what monitoring is told, with a token or without.
func numbers(t *testing.T, url, token string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var body bytes.Buffer
	if _, err := bufio.NewReader(response.Body).WriteTo(&body); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, body.String()
}

// freeAddress is one of the loopback that nobody listened on a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// TestMonitoring reads the three pages as a monitoring does, after requests whose paths
// and contents must not be found in them.
func TestMonitoring(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("0123456789-canary\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	s := start(t, folder, "--monitoring-listen", address, "--monitoring-token-file", token)
	say(t, "establishment", "add", "--data="+folder, "--finess=690000013", "--name=CHU canari")
	say(t, "user", "add", "--data="+folder, "--name=Camille Canari", "--email=canari@agr.test", "--admin")
	client := s.client(t)
	get(t, client, s.where.Agent+"/agent/v1/canari-690000013")
	get(t, client, s.where.Web+"/establishments/690000013?canari")

	base := "http://" + address
	for path, want := range map[string]string{"/health": "ok\n", "/ready": "ready\n"} {
		if status, body := numbers(t, base+path, ""); status != http.StatusOK || body != want {
			t.Errorf("%s answers %d %q", path, status, body)
		}
	}
	for what, bad := range map[string]string{"no token": "", "another token": "0123456789-canarY"} {
		if status, _ := numbers(t, base+"/metrics", bad); status != http.StatusUnauthorized {
			t.Errorf("%s: /metrics answers %d", what, status)
		}
	}
	status, body := numbers(t, base+"/metrics", "0123456789-canary")
	lines := strings.Split(body, "\n")
	for _, want := range []string{
		`carescan_answers_total{interface="agents",request="/",status="404"} 1`,
		`carescan_establishments{freshness="never"} 1`,
		`carescan_establishments{freshness="fresh"} 0`,
		`carescan_open_findings{severity="critical"} 0`,
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("status %d: no line %s in\n%s", status, want, body)
		}
	}
	for _, name := range []string{"690000013", "anari", "canary", "127.0.0.1", folder} {
		if strings.Contains(body, name) {
			t.Errorf("the numbers tell %q", name)
		}
	}
}

// TestMonitoringRefusesAWeakToken tells who may read the file, and how long it must be.
func TestMonitoringRefusesAWeakToken(t *testing.T) {
	folder := t.TempDir()
	begin(t, folder)
	path := filepath.Join(t.TempDir(), "token")
	for name, c := range map[string]struct {
		content string
		mode    os.FileMode
		want    string
	}{
		"short":          {"secret", 0o600, "at least 16 characters"},
		"read by others": {strings.Repeat("s", 40), 0o644, "chmod"},
	} {
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		args := []string{"serve", "--lang=en", "--data", folder, "--agent-listen=127.0.0.1:0", "--web-listen=127.0.0.1:0", "--monitoring-listen", freeAddress(t), "--monitoring-token-file", path}
		if code := run(t.Context(), args, &said, &said); code != 2 || !strings.Contains(said.String(), c.want) || strings.Contains(said.String(), c.content) {
			t.Errorf("%s: exit %d: %s", name, code, said.String())
		}
	}
}
