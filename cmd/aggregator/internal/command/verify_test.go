// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/reports/bundle"
	"carescan/scanner"
)

func TestVerify(t *testing.T) {
	r := regiontest.New(t)
	a := r.Enrol(r.Establishment("690000013", "CHU").FINESS)
	raw := a.Seal(a.Header(), regiontest.Run(t, a.Site, time.Now().Add(-time.Minute), regiontest.Said{
		Check: "exposure.hsts", Target: scanner.DomainTarget("chu.test"), Outcome: scanner.Pass, Severity: scanner.Low,
	}))
	path := filepath.Join(t.TempDir(), "run"+bundle.Extension)
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if out := say(t, "verify", "--lang=en", path); !strings.Contains(out, scanner.Digest(raw)) || !strings.Contains(out, "intact") {
		t.Errorf("verify says %s", out)
	}
	raw[len(raw)/2] ^= 1
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	var out, err bytes.Buffer
	if code := run(t.Context(), []string{"verify", "--lang=en", path}, &out, &err); code != 1 || out.Len() != 0 {
		t.Errorf("a changed bundle ends with %d: %s", code, out.String())
	}
}
