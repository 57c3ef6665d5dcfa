// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"net/netip"
	"net/url"

	"carescan/scanner"
)

// hostOf is the name or address that looking at a target would contact; empty
// when looking contacts nobody.
func hostOf(t scanner.Target) string {
	switch t.Kind {
	case scanner.KindDomain, scanner.KindHost:
		return t.ID
	case scanner.KindService:
		host, _, err := t.HostPort()
		if err != nil {
			return ""
		}
		return host
	case scanner.KindSite:
		u, err := url.Parse(t.ID)
		if err != nil {
			return ""
		}
		return u.Hostname()
	case scanner.KindDirectory, scanner.KindApplication, scanner.KindRegister, scanner.KindEstablishment:
	}
	return ""
}

func inRange(s scanner.Scope, host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && s.HasAddress(addr)
}
