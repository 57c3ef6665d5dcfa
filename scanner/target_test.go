// SPDX-License-Identifier: Apache-2.0

package scanner_test

import (
	"testing"

	"carescan/scanner"
)

func TestTargetOf(t *testing.T) {
	for name, tt := range map[string]struct {
		target scanner.Target
		called scanner.Text
	}{
		"host":    {scanner.HostTarget("vpn.chu.test"), scanner.Text{FR: "machine vpn.chu.test", EN: "host vpn.chu.test"}},
		"service": {scanner.ServiceTarget("www.chu.test", 443), scanner.Text{FR: "service www.chu.test:443/tcp", EN: "service www.chu.test:443/tcp"}},
		"site": {
			scanner.Target{Kind: scanner.KindSite, ID: "https://www.chu.test"},
			scanner.Text{FR: "site web https://www.chu.test", EN: "web site https://www.chu.test"},
		},
		"later_kind": {scanner.Target{Kind: "bed", ID: "12"}, scanner.Text{FR: "bed 12", EN: "bed 12"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := scanner.TargetOf(tt.target.Key()); got != tt.target || got.Called() != tt.called {
				t.Errorf("target %+v, called %+v, want %+v, %+v", got, got.Called(), tt.target, tt.called)
			}
		})
	}
}
