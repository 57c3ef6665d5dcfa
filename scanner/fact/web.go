// SPDX-License-Identifier: Apache-2.0

package fact

import "carescan/scanner"

// Web is how a web site answers.
type Web struct {
	Reach Reach `json:"reach"` // over HTTPS, at the origin of the target
	// Hops are the answers from the origin to the last one inside the scope.
	Hops []Hop `json:"hops,omitempty"`
	// Plain is what port 80 does; absent when the origin has a port of its own.
	Plain       *PlainHTTP  `json:"plain,omitempty"`
	SecurityTxt SecurityTxt `json:"security_txt"`
	// Cause is why the site did not answer to its end, Error its technical text.
	Cause scanner.Cause `json:"cause,omitzero"`
	Error string        `json:"error,omitempty"`

	// Others are the answers of other addresses of the same name to the same
	// first request, at most 2.
	Others []Hop `json:"others,omitempty"`
	// Page is what the last answer inside the scope shows; absent when it leads
	// elsewhere or is no page.
	Page     *Page         `json:"page,omitempty"`
	CORS     *CORS         `json:"cors,omitempty"`
	Unlikely *UnlikelyPath `json:"unlikely,omitempty"`
}

// The parts of a web fact that a look which confirms may leave out.
const (
	WebPage        = "page" // the answers from the origin on, and the page
	WebPlain       = "plain"
	WebSecurityTxt = "security.txt"
	WebCORS        = "cors"
	WebOthers      = "others"
	WebUnlikely    = "unlikely"
)

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

	Address string `json:"address,omitempty"` // really dialled, for Web.Others
	// Certificate tells whether a browser would accept the connection; empty
	// when there was none to judge.
	Certificate Validity `json:"certificate,omitempty"`
	// OldTLS tells that the answer came by a TLS of the past, since that of today failed:
	// only finite-field Diffie-Hellman, signatures by SHA-1, a short key, long hellos lost.
	OldTLS      bool     `json:"old_tls,omitempty"`
	Cookies     []Cookie `json:"cookies,omitempty"` // at most 180, as a browser keeps them
	MoreCookies int      `json:"more_cookies,omitempty"`
	Auth        []string `json:"auth,omitempty"` // schemes of WWW-Authenticate, lower case
	// Oddities are what the standards do not allow in the answer and browsers pass
	// over, each once.
	Oddities []Oddity `json:"oddities,omitempty"`
}

// Oddity is a kind of fault that makes no difference to a visitor.
type Oddity string

// The oddities.
const (
	OddEmptyLine  Oddity = "empty-line-first"
	OddStatusLine Oddity = "status-line"
	OddLine       Oddity = "bad-line" // without a colon, or whose name is no token: dropped
	OddSpace      Oddity = "space-before-colon"
	OddFolding    Oddity = "folded-line"
	OddControl    Oddity = "control-character"
	OddFraming    Oddity = "body-length" // a length or a transfer coding that cannot be obeyed
	OddCoding     Oddity = "unknown-content-coding"
)

// Validity is what a browser concludes of a certificate, name and dates included.
type Validity string

// The validities.
const (
	Valid   Validity = "valid"
	Invalid Validity = "invalid"
)

// Cookie is a cookie as it was set, without its value.
type Cookie struct {
	Name     string `json:"name"`
	Secure   bool   `json:"secure,omitempty"`
	HTTPOnly bool   `json:"http_only,omitempty"`
	SameSite string `json:"same_site,omitempty"` // lower case
	// Erased tells that it holds nothing: an empty value, or an end in the past.
	Erased bool `json:"erased,omitempty"`
}

// Page is what a page is made of: hosts and counts, never its text.
type Page struct {
	URL       string `json:"url"`
	MediaType string `json:"media_type,omitempty"`
	Bytes     int    `json:"bytes"`         // read
	Cut       string `json:"cut,omitempty"` // why the page was not read to its end
	Digest    string `json:"digest,omitempty"`

	Forms     []Form `json:"forms,omitempty"` // at most 20
	Passwords int    `json:"passwords,omitempty"`
	// Scripts are grouped by host, at most 60.
	Scripts []Script `json:"scripts,omitempty"`
	// Active and Passive are what a page over HTTPS asks for in clear, by host,
	// at most 20 each: code, styles and frames; images and media.
	Active  []string `json:"active,omitempty"`
	Passive []string `json:"passive,omitempty"`
	Frames  []string `json:"frames,omitempty"` // hosts of frames, at most 20
	// Thirds are the hosts outside the domain of the page that it makes a
	// browser contact, at most 50.
	Thirds    []string `json:"thirds,omitempty"`
	Generator string   `json:"generator,omitempty"`
	Policies  []string `json:"policies,omitempty"` // CSP in meta elements, at most 5
	Referrer  string   `json:"referrer,omitempty"` // policy in a meta element
}

// Form is a form of a page, by where it sends what is typed.
type Form struct {
	Scheme   string `json:"scheme"`
	Host     string `json:"host"`
	Password bool   `json:"password,omitempty"`
}

// Script is the scripts that a page loads from one host.
type Script struct {
	Host  string `json:"host"`
	Count int    `json:"count"`
	Bare  int    `json:"bare,omitempty"`  // without an integrity attribute
	Third bool   `json:"third,omitempty"` // outside the registrable domain of the page
	// Name says whether the name of a third party exists; empty when not asked.
	Name HostName `json:"name,omitempty"`
}

// HostName says what the DNS knows of a name.
type HostName string

// The states of a name. Only NameFree is proven: NXDOMAIN for the registrable
// domain itself.
const (
	NameFound   HostName = "found"
	NameLost    HostName = "lost" // no address, in a domain that exists
	NameFree    HostName = "free" // anybody may register its domain
	NameUnknown HostName = "unknown"
)

// CORS is the answer to a request that says it comes from another origin.
type CORS struct {
	Reach       Reach  `json:"reach"`
	Status      int    `json:"status,omitempty"`
	Origin      string `json:"origin"`          // said
	Allowed     string `json:"allow,omitempty"` // Access-Control-Allow-Origin
	Credentials bool   `json:"credentials,omitempty"`
	Error       string `json:"error,omitempty"`
}

// UnlikelyPath is what the site answers at random paths: a site that answers
// them like pages proves nothing at any path (exposure-checks.md section 1.2).
type UnlikelyPath struct {
	Statuses []int  `json:"statuses,omitempty"`
	Error    string `json:"error,omitempty"`
}

// PlainHTTP is what a host does on port 80.
type PlainHTTP struct {
	Reach Reach `json:"reach"`
	Hops  []Hop `json:"hops,omitempty"`
	// Cause is why there was no answer to the end, Error its technical text.
	Cause scanner.Cause `json:"cause,omitzero"`
	Error string        `json:"error,omitempty"`
	Page  *Page         `json:"page,omitempty"` // what is shown without TLS
}

// SecurityTxt is the file of RFC 9116, without its addresses.
type SecurityTxt struct {
	Reach    Reach  `json:"reach"`
	URL      string `json:"url,omitempty"`
	Status   int    `json:"status,omitempty"`
	Contacts int    `json:"contacts"`          // number of Contact fields
	Expires  string `json:"expires,omitempty"` // as written
	Signed   bool   `json:"signed,omitempty"`
	// Canonicals counts the Canonical fields, Elsewhere tells that none of them
	// is the place where the file was asked for (RFC 9116 section 2.5.2).
	Canonicals int  `json:"canonicals,omitempty"`
	Elsewhere  bool `json:"elsewhere,omitempty"`
	// MediaType is the type the file is served with, empty when it has none.
	MediaType string `json:"media_type,omitempty"`
	// Faults are what the standard forbids in the file, each once; none in the
	// facts of before 2026-12.
	Faults []SecurityTxtFault `json:"faults,omitempty"`
	// Cause is why there was no answer to the end, Error its technical text.
	Cause scanner.Cause `json:"cause,omitzero"`
	Error string        `json:"error,omitempty"`
}

// SecurityTxtFault is a kind of fault of a security.txt.
type SecurityTxtFault string

// The faults, with their section of RFC 9116.
const (
	TxtPage          SecurityTxtFault = "page"               // a web page comes in place of the file
	TxtMediaType     SecurityTxtFault = "media-type"         // not text/plain in UTF-8: 3
	TxtContactNoURI  SecurityTxtFault = "contact-not-a-uri"  // 2.5.3
	TxtContactClear  SecurityTxtFault = "contact-not-https"  // 2.5.3
	TxtExpiresTwice  SecurityTxtFault = "expires-repeated"   // 2.5.5
	TxtLanguageTwice SecurityTxtFault = "languages-repeated" // 2.5.8
	TxtFieldClear    SecurityTxtFault = "field-not-https"    // 2.5.1, 2.5.2, 2.5.4, 2.5.6, 2.5.7: a web address of another field
)
