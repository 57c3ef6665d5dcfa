// SPDX-License-Identifier: Apache-2.0

package web

import (
	"strings"
	"testing"
)

// TestWayOr never leads to another server after a sign-in.
func TestWayOr(t *testing.T) {
	for way, want := range map[string]string{
		"/establishments/690000013?outcome=fail#findings": "/establishments/690000013?outcome=fail#findings",
		"/agents": "/agents", "": "/", "agents": "/", "//evil.test/x": "/", "https://evil.test/": "/", `/\evil.test`: "/",
		"/\tagents": "/", "javascript:alert(1)": "/", "/%zz": "/", "/" + strings.Repeat("a", maxWay): "/",
	} {
		if got := wayOrHome(way); got != want {
			t.Errorf("%q leads to %q, want %q", way, got, want)
		}
	}
}
