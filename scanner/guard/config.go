// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"carescan/scanner"
	"carescan/scanner/hostname"
)

// The limits that hold when a configuration leaves them at zero.
const (
	defaultRate        = 1
	defaultConcurrent  = 2
	defaultBudget      = 2000
	defaultDialTimeout = 5 * time.Second
	defaultUserAgent   = "CareScan"
)

// anyPort stands for "whatever the port" in a redirect or a question.
const anyPort = 0

func (c Config) withDefaults() (Config, error) {
	if c.RatePerHost < 0 || c.ConcurrentPerHost < 0 || c.BudgetPerHost < 0 || c.DialTimeout < 0 {
		return c, errors.New("rates, budgets and time-outs cannot be negative")
	}
	if err := checkPrefixes(c.Scope); err != nil {
		return c, err
	}
	c.Scope.Names, c.Scope.ExcludedNames = canonical(c.Scope.Names), canonical(c.Scope.ExcludedNames)
	c.RatePerHost = orDefault(c.RatePerHost, defaultRate)
	c.ConcurrentPerHost = orDefault(c.ConcurrentPerHost, defaultConcurrent)
	c.BudgetPerHost = orDefault(c.BudgetPerHost, defaultBudget)
	c.DialTimeout = orDefault(c.DialTimeout, defaultDialTimeout)
	c.UserAgent = orDefault(c.UserAgent, defaultUserAgent)
	c.Location = orDefault(c.Location, time.Local)
	if c.Clock == nil {
		c.Clock = time.Now
	}
	var err error
	c.Resolvers, err = checkResolvers(c.Resolvers)
	return c, err
}

// canonical gives names and patterns the form that the names met are given.
func canonical(patterns []string) []string {
	list := make([]string, 0, len(patterns))
	for _, p := range patterns {
		list = append(list, hostname.Canonical(p))
	}
	return list
}

func orDefault[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}

// checkPrefixes refuses the ranges that would silently match nothing: an
// exclusion that never matches would let packets out.
func checkPrefixes(s scanner.Scope) error {
	for _, p := range slices.Concat(s.Ranges, s.Excluded) {
		if !p.IsValid() || p.Addr().Is4In6() || p.Addr().Zone() != "" {
			return fmt.Errorf("range %q must be a plain IPv4 or IPv6 prefix", p)
		}
	}
	return nil
}

func checkResolvers(resolvers []netip.AddrPort) ([]netip.AddrPort, error) {
	plain := make([]netip.AddrPort, 0, len(resolvers))
	for _, r := range resolvers {
		if !r.IsValid() || r.Port() == 0 {
			return nil, fmt.Errorf("resolver %q must be an address and a port", r)
		}
		plain = append(plain, unmapped(r))
	}
	return plain, nil
}

func parseRedirects(written map[string]string) (map[string]netip.AddrPort, error) {
	redirects := map[string]netip.AddrPort{}
	for from, to := range written {
		key, port, err := parseRedirectSource(from)
		if err != nil {
			return nil, fmt.Errorf("redirect %q: %w", from, err)
		}
		at, err := parseRedirectTarget(to, port)
		if err != nil {
			return nil, fmt.Errorf("redirect %q: %w", from, err)
		}
		redirects[key] = unmapped(at)
	}
	return redirects, nil
}

func parseRedirectSource(from string) (key string, port uint16, err error) {
	host, text, err := net.SplitHostPort(from)
	if err != nil {
		return "", 0, err
	}
	number := uint64(anyPort)
	if text != "*" {
		number, err = strconv.ParseUint(text, 10, 16)
	}
	if err != nil || (number == 0 && text != "*") {
		return "", 0, errors.New(`the port must be a number or "*"`)
	}
	return redirectKey(host, uint16(number)), uint16(number), nil
}

func parseRedirectTarget(to string, port uint16) (netip.AddrPort, error) {
	if port == anyPort {
		addr, err := netip.ParseAddr(to)
		return netip.AddrPortFrom(addr, anyPort), err
	}
	return netip.ParseAddrPort(to)
}

func redirectKey(host string, port uint16) string {
	return net.JoinHostPort(hostname.Canonical(host), strconv.Itoa(int(port)))
}

func unmapped(at netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}
