// SPDX-License-Identifier: Apache-2.0

package ssh

import (
	"slices"
	"strconv"
	"strings"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// rule is one thing that may be wrong with an SSH server.
type rule struct {
	applies  func(fact.Port) bool
	severity scanner.Severity
	reason   string
}

// rules are in the order of gravity (EXP-SVC-04).
func rules(p Params) []rule {
	return []rule{
		{hasKnownKey, scanner.Critical, "known-key"},
		{func(port fact.Port) bool { return len(weaknesses(port, p)) > 0 }, scanner.High, "weak"},
		{func(port fact.Port) bool { return port.Declared == nil }, scanner.Medium, "undeclared"},
		{offersSHA1, scanner.Medium, "sha1"},
		{notOnlyKeys, scanner.Medium, "other-login"},
	}
}

func hasKnownKey(p fact.Port) bool { return known(p) != "" }

// known says why others hold the same host key; empty when none does.
func known(p fact.Port) string {
	if p.SSH == nil || p.SSH.Key == nil {
		return ""
	}
	return p.SSH.Key.Known
}

// weaknesses names what is broken, in the words of the configuration of a server.
func weaknesses(port fact.Port, p Params) []string {
	if port.SSH == nil {
		return nil
	}
	s, found := *port.SSH, []string{}
	// 1.99 speaks both versions (RFC 4253 section 5.1).
	if strings.HasPrefix(s.Protocol, "1.") {
		found = append(found, "SSH "+s.Protocol)
	}
	for _, method := range s.Methods {
		if method == "password" || method == "none" {
			found = append(found, method)
		}
	}
	found = append(found, weakKey(s, p)...)
	found = append(found, only(s.Ciphers, isBrokenCipher)...)
	return append(found, only(s.Kex, func(name string) bool { return strings.HasPrefix(name, "diffie-hellman-group1-") })...)
}

func weakKey(s fact.SSH, p Params) []string {
	found := only(s.HostKeys, func(name string) bool { return strings.HasPrefix(name, "ssh-dss") })
	if s.Key != nil && s.Key.Bits > 0 && s.Key.Bits < p.MinRSABits && s.Key.Type == "ssh-rsa" {
		found = append(found, "RSA "+strconv.Itoa(s.Key.Bits))
	}
	return found
}

func isBrokenCipher(name string) bool {
	return strings.Contains(name, "-cbc") || strings.HasPrefix(name, "arcfour") || strings.HasPrefix(name, "3des") || name == "none"
}

func only(names []string, is func(string) bool) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !is(name) })
}

// offersSHA1 looks at key exchanges, MACs and signatures: "ssh-rsa" signs with
// SHA-1 (RFC 8332 section 1). MD5 is no better.
func offersSHA1(p fact.Port) bool {
	if p.SSH == nil {
		return false
	}
	isSHA1 := func(name string) bool {
		return strings.HasSuffix(name, "-sha1") || strings.HasPrefix(name, "hmac-sha1") || strings.HasPrefix(name, "hmac-md5")
	}
	return slices.ContainsFunc(slices.Concat(p.SSH.Kex, p.SSH.MACs), isSHA1) || slices.Contains(p.SSH.HostKeys, "ssh-rsa")
}

// notOnlyKeys is true when another way than a key is listed, beside those that are
// weaknesses of their own.
func notOnlyKeys(p fact.Port) bool {
	return p.SSH != nil && slices.ContainsFunc(p.SSH.Methods, func(m string) bool {
		return !slices.Contains([]string{"publickey", "password", "none"}, m)
	})
}

func unread(p fact.Port) bool {
	return p.SSH == nil || len(p.SSH.Kex) == 0 || len(p.SSH.Methods) == 0 || p.SSH.Key == nil
}
