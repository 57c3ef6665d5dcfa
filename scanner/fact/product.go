// SPDX-License-Identifier: Apache-2.0

package fact

import "time"

// Products are the products recognised on one target, and what dated public
// lists say of them.
type Products struct {
	Seen []Product `json:"seen"`
	// Lists names the lists consulted with their dates, for example
	// "CISA KEV 2026-11-20, endoflife 2026-11-18".
	Lists string `json:"lists,omitempty"`
}

// FactKind names the fact.
func (Products) FactKind() string { return "products" }

// ProductSource says what a product was recognised by.
type ProductSource string

// The sources of a recognition. A banner alone never confirms a version:
// distributions correct flaws without changing it.
const (
	FromBanner   ProductSource = "banner"   // a version announced by the service
	FromPage     ProductSource = "page"     // the content of a page
	FromTemplate ProductSource = "template" // a template of the engine
)

// Product is one product seen at one place.
type Product struct {
	Name    string        `json:"name"` // as the lists call it, lower case: "openssh", "nginx", "fortios"
	Version string        `json:"version,omitempty"`
	Where   string        `json:"where"` // URL or "host:port"
	Source  ProductSource `json:"source"`
	// Edge marks what stands between the internet and the establishment: VPN,
	// firewall, load balancer, mail gateway.
	Edge bool `json:"edge,omitempty"`
	CMS  bool `json:"cms,omitempty"` // a content manager or one of its extensions
	// EndOfSupport is the day security fixes end for this version; zero when no
	// list knows, then Listed is false.
	EndOfSupport time.Time `json:"end_of_support,omitzero"`
	Listed       bool      `json:"listed,omitempty"`
	// ListedOn is the date of the list that knows the end of support and Latest:
	// a build that came out since is not in it.
	ListedOn time.Time `json:"listed_on,omitzero"`
	// Latest is the newest build of the same branch, and when it came out.
	Latest     string    `json:"latest,omitempty"`
	LatestDate time.Time `json:"latest_date,omitzero"`
	// Distribution is the system whose package the announcement names, as the lists
	// call it ("debian", "rhel"), Release its version ("12") where the announcement
	// tells: whoever maintains it corrects flaws without changing the version.
	Distribution string `json:"distribution,omitempty"`
	Release      string `json:"release,omitempty"`
	// DistributionEnd is the day the free security fixes of that release end; zero when
	// no list knows, then DistributionListed is false.
	DistributionEnd    time.Time `json:"distribution_end,omitzero"`
	DistributionListed bool      `json:"distribution_listed,omitempty"`
	// Tracked is true when the list of exploited vulnerabilities names the product:
	// what it says of a version then means something. A product that it does not
	// name was either never exploited or never followed, and nobody knows which.
	Tracked bool `json:"tracked,omitempty"`
	// Flaws are the exploited vulnerabilities listed for the product whose
	// affected versions hold this one, or are not stated.
	Flaws []Flaw `json:"flaws,omitempty"`
}

// Flaw is one entry of a list of exploited vulnerabilities.
type Flaw struct {
	CVE   string    `json:"cve"`
	Added time.Time `json:"added,omitzero"` // to the list
	// Affected is true when the list states affected versions and this one is
	// among them; false when it names the product only.
	Affected bool `json:"affected,omitempty"`
}
