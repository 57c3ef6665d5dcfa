// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/debian"
	"carescan/scanner/probes/internal/loopback"
)

// testsslKeys are what testssl.sh tells and we do too.
var testsslKeys = map[string]func(fact.TLS) fact.Offer{
	"SSLv2":                func(f fact.TLS) fact.Offer { return f.Versions["SSL 2.0"] },
	"SSLv3":                func(f fact.TLS) fact.Offer { return f.Versions["SSL 3.0"] },
	"TLS1":                 func(f fact.TLS) fact.Offer { return f.Versions["1.0"] },
	"TLS1_1":               func(f fact.TLS) fact.Offer { return f.Versions["1.1"] },
	"TLS1_2":               func(f fact.TLS) fact.Offer { return f.Versions["1.2"] },
	"TLS1_3":               func(f fact.TLS) fact.Offer { return f.Versions["1.3"] },
	"cipherlist_NULL":      func(f fact.TLS) fact.Offer { return f.Offers[fact.OfferNull] },
	"cipherlist_aNULL":     func(f fact.TLS) fact.Offer { return f.Offers[fact.OfferAnonymous] },
	"cipherlist_EXPORT":    func(f fact.TLS) fact.Offer { return f.Offers[fact.OfferExport] },
	"cipherlist_3DES_IDEA": func(f fact.TLS) fact.Offer { return f.Offers[fact.Offer3DES] },
}

// TestAgainstTestSSL holds that both see the same versions and the same broken
// suites. No row differs. OpenSSL 3 has no export suites: see TestLegacy.
func TestAgainstTestSSL(t *testing.T) {
	if testing.Short() {
		// Whoever mends the probe runs it often; the full suite always compares.
		t.Skip("testssl.sh takes ten seconds for one server")
	}
	t.Parallel()
	tests := map[string]func(*testing.T) *loopback.Network{
		"nginx":   nginx("ssl_ciphers " + intermediate + ";"),
		"openssl": openSSL("-www", "-cipher", "ALL:eNULL:@SECLEVEL=0"),
		"go-old":  goServer(&tls.Config{MinVersion: tls.VersionTLS10, CipherSuites: []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA, tls.TLS_RSA_WITH_AES_128_CBC_SHA}}),
	}
	for name, start := range tests {
		t.Run(name, func(t *testing.T) {
			door := start(t)
			want := testssl(t, door.Routes[service+":443"])
			f, _ := observe(t, door, Options{})
			got := map[string]fact.Offer{}
			for key := range want {
				got[key] = testsslKeys[key](f)
			}
			if diff := cmp.Diff(want, got); diff != "" || len(want) != len(testsslKeys) {
				t.Errorf("%d answers, -testssl +ours\n%s", len(want), diff)
			}
		})
	}
}

func testssl(t *testing.T, address string) map[string]fact.Offer {
	t.Helper()
	binary := debian.Program(t, "testssl", "testssl.sh")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	path := filepath.Join(t.TempDir(), "out.json")
	command := exec.CommandContext(ctx, binary, "--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", "-p", "-s", "--jsonfile", path, address)
	command.WaitDelay = time.Second
	_ = command.Run() // its status counts what it found
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var lines []struct{ ID, Finding string }
	if err := json.Unmarshal(raw, &lines); err != nil {
		t.Fatal(err)
	}
	answers := map[string]fact.Offer{}
	for _, l := range lines {
		if _, compared := testsslKeys[l.ID]; compared {
			answers[l.ID] = offered(l.Finding)
		}
	}
	return answers
}

func offered(finding string) fact.Offer {
	if strings.HasPrefix(finding, "offered") {
		return fact.Accepted
	}
	return fact.Declined
}
