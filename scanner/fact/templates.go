// SPDX-License-Identifier: Apache-2.0

package fact

// Templates is what the template engine recognised on a site.
type Templates struct {
	Engine string        `json:"engine"` // name and version
	Ran    []TemplateRun `json:"ran"`
	Error  string        `json:"error,omitempty"`
}

// FactKind names the fact.
func (Templates) FactKind() string { return "template-matches" }

// The groups of the templates shipped with the product.
const (
	GroupAdminPanel = "admin-panel" // administration interfaces
	GroupHealthApp  = "health-app"  // imaging, patient record, exchange
)

// TemplateRun is one template tried on one site.
type TemplateRun struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Group   string `json:"group"`
	Digest  string `json:"digest"` // of the template file, "sha256:…"
	Ran     bool   `json:"ran"`    // false when the site could not be asked
	Matched bool   `json:"matched"`
	URL     string `json:"url,omitempty"` // where it matched
	Error   string `json:"error,omitempty"`
}
