// SPDX-License-Identifier: Apache-2.0

package fact

import "time"

// HostServices are the ports of one host and what speaks behind the open ones.
type HostServices struct {
	// Shared names the provider of a shared address: no port was asked.
	Shared string `json:"shared,omitempty"`
	// NoAddress is true when the name is proven to have none.
	NoAddress bool `json:"no_address,omitempty"`
	// Ports are all those of the list, in its order.
	Ports []Port `json:"ports,omitempty"`
	// Artefact is true when so many ports are open, or ports that nobody uses are,
	// that something on the way answers in place of the host (exposure-checks.md
	// section 1.4): nothing was identified.
	Artefact bool `json:"artefact,omitempty"`
	// ControlsAsked are the ports nobody uses that were asked too, because suspiciously
	// many others were open; ControlsOpen those of them that are.
	ControlsAsked int `json:"controls_asked,omitempty"`
	ControlsOpen  int `json:"controls_open,omitempty"`
	// Blocked is true when ports that were open stopped answering during the
	// look: we were cut off, and a silence proves nothing any more.
	Blocked bool `json:"blocked,omitempty"`
	// Baseline is the first look at this host; zero when there is no memory of
	// previous looks.
	Baseline time.Time `json:"baseline,omitzero"`
	// Connections is what the look cost.
	Connections int `json:"connections,omitempty"`
}

// FactKind names the fact.
func (HostServices) FactKind() string { return "host-services" }

// PortState says how a port answered.
type PortState string

// The states of a port.
const (
	PortOpen     PortState = "open"      // connected; over UDP, one packet was answered
	PortClosed   PortState = "closed"    // explicit refusal: RST, ICMP port unreachable
	PortFiltered PortState = "filtered"  // silence
	PortNotAsked PortState = "not-asked" // our own guard, or the end of the time given
	PortUnknown  PortState = "unknown"   // a failure that says nothing of the port
)

// PortGroup is the family a service belongs to, one per check.
type PortGroup string

// The groups of services (regulation.md section 7.4, exposure-checks.md section 6).
const (
	GroupRemoteControl PortGroup = "remote-control"
	GroupFileSharing   PortGroup = "file-sharing"
	GroupClearLogin    PortGroup = "clear-login"
	GroupSSH           PortGroup = "ssh"
	GroupDatabase      PortGroup = "database"
	GroupDirectory     PortGroup = "directory"
	GroupManagement    PortGroup = "management"
	GroupHealth        PortGroup = "health"
	GroupIndustrial    PortGroup = "industrial"
	GroupAmplifier     PortGroup = "udp-amplifier"
	GroupBroker        PortGroup = "broker"
	GroupMail          PortGroup = "mail"
	GroupWeb           PortGroup = "web"
	GroupOther         PortGroup = "other"
)

// Login says what a service asks before it can be used.
type Login string

// The answers about a login.
const (
	LoginNone     Login = "none"     // it works without
	LoginRequired Login = "required" // it says so
	LoginUnknown  Login = ""         // finding out would ask too much
)

// Port is one port and what speaks there.
type Port struct {
	Number    int       `json:"number"`
	Transport string    `json:"transport"` // "tcp", "udp"
	State     PortState `json:"state"`
	// Group is that of the protocol identified; without one, that of the number.
	Group PortGroup `json:"group"`
	// Protocol was identified by a handshake, never by the number; empty when
	// nothing was.
	Protocol string `json:"protocol,omitempty"`
	TLS      bool   `json:"tls,omitempty"`     // spoken under TLS
	Address  string `json:"address,omitempty"` // really dialled, when open
	Product  string `json:"product,omitempty"`
	Version  string `json:"version,omitempty"`
	// Distribution and Release are those of fact.Product.
	Distribution string `json:"distribution,omitempty"`
	Release      string `json:"release,omitempty"`
	Login        Login  `json:"login,omitempty"`
	// ClearLogin tells whether a login is taken before TLS, where that can be
	// told: Declined means TLS is required first.
	ClearLogin Offer `json:"clear_login,omitempty"`
	SSH        *SSH  `json:"ssh,omitempty"`
	// Portal is the kind of portal the page was recognised as: "vpn", "sso",
	// "webmail", "virtual-desktop".
	Portal string `json:"portal,omitempty"`
	// LegacyAuth is true when the portal has an endpoint that takes passwords
	// without a second factor (HTTP Basic).
	LegacyAuth bool         `json:"legacy_auth,omitempty"`
	Declared   *Declaration `json:"declared,omitempty"`
	Issuer     string       `json:"issuer,omitempty"` // authority of the certificate shown
	// FirstSeen is when this product was first seen at this port, IssuerSeen when
	// this authority was; zero without memory of previous looks.
	FirstSeen    time.Time `json:"first_seen,omitzero"`
	IssuerSeen   time.Time `json:"issuer_seen,omitzero"`
	Acknowledged bool      `json:"acknowledged,omitempty"`
	// Unfinished is true when the port is open and we were kept, by ourselves or by
	// the host, from asking what speaks there.
	Unfinished bool   `json:"unfinished,omitempty"`
	Error      string `json:"error,omitempty"`
}

// Declaration is what the establishment says of a service it means to expose.
type Declaration struct {
	Kind      string `json:"kind"`       // "vpn", "webmail", "ssh"…
	TwoFactor string `json:"two_factor"` // "yes", "no", "unknown"
}

// SSH is what an SSH server announces before any login (RFC 4253 section 7.1).
type SSH struct {
	Protocol string   `json:"protocol"` // "2.0", "1.99", "1.5"
	Kex      []string `json:"kex,omitempty"`
	HostKeys []string `json:"host_keys,omitempty"` // algorithms
	Ciphers  []string `json:"ciphers,omitempty"`   // both ways
	MACs     []string `json:"macs,omitempty"`      // both ways
	// Methods are the ways to log in the server lists; empty when not known.
	Methods []string `json:"methods,omitempty"`
	Key     *HostKey `json:"key,omitempty"`
}

// HostKey is the public key an SSH server proved to hold.
type HostKey struct {
	Type   string `json:"type"` // "ssh-rsa", "ssh-ed25519"…
	Bits   int    `json:"bits,omitempty"`
	Digest string `json:"digest"` // "SHA256:…", as ssh-keygen writes it
	// Known says why many people hold the same key: weak generator, default key
	// of a product, key of another host. Empty when no list knows it.
	Known string `json:"known,omitempty"`
}
