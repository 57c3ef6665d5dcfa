// SPDX-License-Identifier: Apache-2.0

package fact

import "time"

// HostingMode says who hosts an application.
type HostingMode string

// The hosting modes of the register.
const (
	HostedInternally HostingMode = "interne" // own data, own care: no certificate needed
	HostedByGHT      HostingMode = "ght"
	HostedByOther    HostingMode = "tiers"
	HostedAsService  HostingMode = "saas"
)

// Hosting is where an application and its health data sit.
type Hosting struct {
	Application string      `json:"application"`
	Mode        HostingMode `json:"mode"`
	HealthData  bool        `json:"health_data"`
	// Activities are those of R.1111-9 CSP really performed, 1 to 6.
	Activities []int      `json:"activities"`
	Chain      []HostLink `json:"chain"`
	Endpoints  []Endpoint `json:"endpoints,omitempty"`
	// Geography names the data set behind the AS and the countries, with its date.
	Geography string `json:"geography,omitempty"`
}

// FactKind names the fact.
func (Hosting) FactKind() string { return "hosting" }

// HostLink is one provider of the hosting chain: host or subcontractor.
type HostLink struct {
	Provider    string          `json:"provider"`
	Role        string          `json:"role"`
	Activities  []int           `json:"activities"`
	ASNs        []uint32        `json:"asns,omitempty"` // declared networks of the provider
	Certificate *HDSCertificate `json:"certificate,omitempty"`
}

// HDSCertificate is a certificate of health data hosting on file.
type HDSCertificate struct {
	Number     string    `json:"number"`
	Body       string    `json:"body"`
	Version    string    `json:"version"` // of the référentiel: "1.1", "2"
	Activities []int     `json:"activities"`
	Issued     time.Time `json:"issued,omitzero"`
	Expires    time.Time `json:"expires,omitzero"`
}

// Endpoint is a name the application is served under, and where it leads.
type Endpoint struct {
	Host      string    `json:"host"`
	Addresses []Address `json:"addresses,omitempty"`
	Error     string    `json:"error,omitempty"`
}

// Address is one address with what the embedded data say of it: an indicator,
// never a proof of location.
type Address struct {
	IP      string `json:"ip"`
	ASN     uint32 `json:"asn,omitempty"` // 0 when the data do not know
	ASName  string `json:"as_name,omitempty"`
	Country string `json:"country,omitempty"` // ISO 3166 code where the AS is registered
}
