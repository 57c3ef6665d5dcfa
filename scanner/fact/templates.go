// SPDX-License-Identifier: Apache-2.0

package fact

import "carescan/scanner"

// Templates is what the template engine recognised on a site.
type Templates struct {
	Engine string        `json:"engine"` // name and version
	Ran    []TemplateRun `json:"ran"`
	// Cause is why nothing can be said of the site, Error its technical text.
	Cause scanner.Cause `json:"cause,omitzero"`
	Error string        `json:"error,omitempty"`
	// SoftNotFound is true when the site answers a random address as if it held
	// a page: that a page was not recognised there proves nothing.
	SoftNotFound bool `json:"soft_not_found,omitempty"`
	// Blocked is true when the site refuses a random address: something in front
	// of it may hide what it holds.
	Blocked bool `json:"blocked,omitempty"`
	// Declared are the portals the establishment says must be reachable, by
	// "host:port".
	Declared map[string]Declaration `json:"declared,omitempty"`
	// Intrusive is true when the establishment allowed, in writing, more than
	// looking.
	Intrusive bool `json:"intrusive,omitempty"`
}

// FactKind names the fact.
func (Templates) FactKind() string { return "template-matches" }

// The groups of the templates shipped with the product.
const (
	GroupAdminPanel        = "admin-panel"        // administration pages of applications
	GroupDebugPage         = "debug-page"         // status, metrics, API description, debug consoles, dumps
	GroupDirectoryListing  = "directory-listing"  // content of folders
	GroupGatewayConsole    = "gateway-console"    // administration of firewalls, VPN, load balancers, switches
	GroupHealthApp         = "health-app"         // imaging, patient record, exchange
	GroupImplant           = "implant"            // what intruders leave behind
	GroupKnownExploited    = "known-exploited"    // flaws of the KEV list, confirmed
	GroupLeakedBackup      = "leaked-backup"      // backups, dumps, logs
	GroupLeakedFile        = "leaked-file"        // source control, configuration, keys
	GroupManagementConsole = "management-console" // hypervisors, out-of-band cards, storage, backup
	GroupOpenAPI           = "open-api"           // brokers, containers, orchestration, metrics
	GroupPortal            = "portal"             // remote access, sign-in, webmail, virtual desktops
	GroupVulnerability     = "vulnerability"      // other flaws, confirmed
)

// TemplateGroups lists the groups in order.
func TemplateGroups() []string {
	return []string{
		GroupAdminPanel, GroupDebugPage, GroupDirectoryListing, GroupGatewayConsole, GroupHealthApp, GroupImplant, GroupKnownExploited,
		GroupLeakedBackup, GroupLeakedFile, GroupManagementConsole, GroupOpenAPI, GroupPortal, GroupVulnerability,
	}
}

// Curation says how a match is to be taken.
type Curation string

// The curations (exposure-checks.md section 8).
const (
	Unreported  Curation = "unreported"   // must be online
	NeedsReview Curation = "needs-review" // may be wrong: somebody must look
	Merged      Curation = "merged"       // told by another template that matched
)

// TemplateRun is one template tried on one site.
type TemplateRun struct {
	ID      string `json:"id"`
	Name    string `json:"name"` // its author's
	Group   string `json:"group"`
	Digest  string `json:"digest"` // of the template file, "sha256:…"
	Ran     bool   `json:"ran"`    // false when the site could not be asked
	Matched bool   `json:"matched"`
	URL     string `json:"url,omitempty"` // where it matched
	Error   string `json:"error,omitempty"`
	// Severity is what its author gives a match.
	Severity string   `json:"severity,omitempty"`
	CVE      []string `json:"cve,omitempty"`
	KEV      bool     `json:"kev,omitempty"`     // one of them, or the product when it names none, is in the list of exploited vulnerabilities
	Product  string   `json:"product,omitempty"` // as the lists call it
	// Title says for people what was recognised, when it matched and its author
	// said so in both languages.
	Title scanner.Text `json:"title,omitzero"`
	// Version is what the page states, when it matched.
	Version  string   `json:"version,omitempty"`
	Home     bool     `json:"home,omitempty"` // asks for the home page only
	Curation Curation `json:"curation,omitempty"`
}
