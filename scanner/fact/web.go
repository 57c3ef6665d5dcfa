// SPDX-License-Identifier: Apache-2.0

package fact

// Web is how a web site answers.
type Web struct {
	Reach Reach `json:"reach"` // over HTTPS, at the origin of the target
	// Hops are the answers from the origin to the last one inside the scope.
	Hops []Hop `json:"hops,omitempty"`
	// Plain is what port 80 does; absent when the origin has a port of its own.
	Plain       *PlainHTTP  `json:"plain,omitempty"`
	SecurityTxt SecurityTxt `json:"security_txt"`
	Error       string      `json:"error,omitempty"`
}

// FactKind names the fact.
func (Web) FactKind() string { return "web-site" }

// Hop is one HTTP answer.
type Hop struct {
	URL      string `json:"url"`
	Status   int    `json:"status"`
	Location string `json:"location,omitempty"`
	// Headers are those that protect or describe, by lower-case name.
	Headers map[string][]string `json:"headers,omitempty"`
	// Refused says why the next hop was not followed, for example because it
	// leads out of the scope.
	Refused string `json:"refused,omitempty"`
}

// PlainHTTP is what a host does on port 80.
type PlainHTTP struct {
	Reach Reach  `json:"reach"`
	Hops  []Hop  `json:"hops,omitempty"`
	Error string `json:"error,omitempty"`
}

// SecurityTxt is the file of RFC 9116, without its addresses.
type SecurityTxt struct {
	Reach    Reach  `json:"reach"`
	URL      string `json:"url,omitempty"`
	Status   int    `json:"status,omitempty"`
	Contacts int    `json:"contacts"`          // number of Contact fields
	Expires  string `json:"expires,omitempty"` // as written
	Signed   bool   `json:"signed,omitempty"`
	Error    string `json:"error,omitempty"`
}
