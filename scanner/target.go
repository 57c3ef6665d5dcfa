// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// TargetKind says what sort of thing a target is.
type TargetKind string

// The kinds of target.
const (
	KindDomain        TargetKind = "domain"        // a DNS zone: chu.example
	KindService       TargetKind = "service"       // a listening port: www.chu.example:443/tcp
	KindHost          TargetKind = "host"          // a name or address whose ports are looked at: vpn.chu.example
	KindSite          TargetKind = "site"          // a web origin: https://www.chu.example
	KindDirectory     TargetKind = "directory"     // a technical directory, by its declared id
	KindApplication   TargetKind = "application"   // an application, by its declared id
	KindRegister      TargetKind = "register"      // a file kept by the establishment, by its declared id
	KindEstablishment TargetKind = "establishment" // the establishment itself, by its FINESS number
)

// TargetKinds lists the kinds.
func TargetKinds() []TargetKind {
	return []TargetKind{
		KindDomain, KindService, KindHost, KindSite, KindDirectory, KindApplication, KindRegister, KindEstablishment,
	}
}

// Label names the kind on screen.
func (k TargetKind) Label() Text {
	switch k {
	case KindDomain:
		return Text{"domaine", "domain"}
	case KindService:
		return Text{"service", "service"}
	case KindHost:
		return Text{"machine", "host"}
	case KindSite:
		return Text{"site web", "web site"}
	case KindDirectory:
		return Text{"annuaire", "directory"}
	case KindApplication:
		return Text{"application", "application"}
	case KindRegister:
		return Text{"registre", "register"}
	case KindEstablishment:
		return Text{"établissement", "establishment"}
	}
	return Text{string(k), string(k)}
}

// Target is an asset, or a part of one, that we are asked to look at. ID is
// canonical and immutable: lower case, punycode, no trailing dot; never a
// display name (aggregator.md section 3).
type Target struct {
	Kind TargetKind `json:"kind"`
	ID   string     `json:"id"`
}

// Key is the asset key that enters the fingerprint of a finding.
func (t Target) Key() string { return string(t.Kind) + "/" + t.ID }

// TargetOf reads an asset key.
func TargetOf(key string) Target {
	kind, id, _ := strings.Cut(key, "/")
	return Target{TargetKind(kind), id}
}

// Called is the target in words: its kind, then its id.
func (t Target) Called() Text {
	kind := t.Kind.Label()
	return Text{kind.FR + " " + t.ID, kind.EN + " " + t.ID}
}

// IsZero tells whether nothing is named.
func (t Target) IsZero() bool { return t == Target{} }

// DomainTarget names a DNS zone.
func DomainTarget(name string) Target { return Target{KindDomain, CanonicalName(name)} }

// ServiceTarget names a TCP service by host and port.
func ServiceTarget(host string, port int) Target {
	return Target{KindService, net.JoinHostPort(CanonicalName(host), strconv.Itoa(port)) + "/tcp"}
}

// HostTarget names a host by its name or address.
func HostTarget(host string) Target { return Target{KindHost, CanonicalName(host)} }

// CanonicalName lowers a DNS name and drops its final dot: the one form of a name
// that is in ASCII, as those of DNS answers are. hostname.Canonical begins with it,
// and gives the A-labels of names that people, pages and certificates write.
func CanonicalName(name string) string {
	return strings.ToLower(strings.TrimSuffix(strings.TrimSpace(name), "."))
}

// Host is the name or address that looking at the target contacts; empty when
// looking contacts nobody, or whom the target does not say.
func (t Target) Host() string {
	switch t.Kind {
	case KindDomain, KindHost:
		return t.ID
	case KindService:
		host, _, err := t.HostPort()
		if err != nil {
			return ""
		}
		return host
	case KindSite:
		u, err := url.Parse(t.ID)
		if err != nil {
			return ""
		}
		return u.Hostname()
	case KindDirectory, KindApplication, KindRegister, KindEstablishment:
	}
	return ""
}

// HostPort splits the id of a service target into what can be dialled.
func (t Target) HostPort() (host string, port int, err error) {
	address, _, _ := strings.Cut(t.ID, "/")
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, fmt.Errorf("read service %q: %w", t.ID, err)
	}
	port, err = strconv.Atoi(text)
	if err != nil {
		return "", 0, fmt.Errorf("read port of service %q: %w", t.ID, err)
	}
	return host, port, nil
}
