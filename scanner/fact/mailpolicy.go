// SPDX-License-Identifier: Apache-2.0

package fact

import (
	"time"

	"carescan/scanner"
)

// MailPolicy is what a domain publishes about its mail. Mailboxes are reduced to
// their domain.
type MailPolicy struct {
	Name string `json:"name"`
	// Answer is what the TXT question at the name itself got: NXDomain means that
	// the domain does not exist.
	Answer Answer `json:"answer"`
	// Registrable tells whether the name is just below a public suffix; others are
	// sub-names of an organisation.
	Registrable bool            `json:"registrable,omitempty"`
	MX          MailExchangers  `json:"mx"`
	SPF         SPF             `json:"spf"`
	DMARC       DMARC           `json:"dmarc"`
	DKIM        []DKIMSelector  `json:"dkim,omitempty"` // declared selectors, at most 20
	MTASTS      MTASTS          `json:"mta_sts"`
	TLSRPT      PublishedRecord `json:"tls_rpt"`
	// DANE tells whether a mail server has TLSA records; asked only when TLS-RPT is
	// proven absent, since it is then missed.
	DANE      Answer          `json:"dane,omitempty"`
	BIMI      PublishedRecord `json:"bimi"` // default selector; for information
	Exchanges int             `json:"exchanges"`
}

// FactKind names the fact.
func (MailPolicy) FactKind() string { return "mail-policy" }

// The parts of a MailPolicy that may be looked at again, each on its own.
const (
	MailUse       = "use"        // whether the domain exists and receives mail: Answer, and the MX records
	MailTargets   = "mx-targets" // what stands at the names of these
	MailSPF       = "spf"
	MailDMARC     = "dmarc"
	MailDKIM      = "dkim"
	MailSTS       = "mta-sts"        // the record
	MailSTSPolicy = "mta-sts-policy" // what it announces
	MailTLSRPT    = "tls-rpt"        // and DANE, looked at in its absence
	MailBIMI      = "bimi"
)

// MailExchangers are the MX records of a domain, at most 20 of them.
type MailExchangers struct {
	Answer  Answer       `json:"answer"`
	Null    bool         `json:"null,omitempty"` // RFC 7505: the domain accepts no mail
	Targets []MailTarget `json:"targets,omitempty"`
	More    int          `json:"more,omitempty"` // records that were not looked into
	// Cause is why there is no answer, Error its technical text.
	Cause scanner.Cause `json:"cause,omitzero"`
	Error string        `json:"error,omitempty"`
}

// MailTarget is the host an MX record names. An empty one is the root: a null MX
// beside another, which RFC 7505 section 3 forbids.
type MailTarget struct {
	Preference int    `json:"preference"`
	Host       string `json:"host"`
	// Address is what the questions for an address got; Literal targets are not
	// asked about.
	Address Answer `json:"address"`
	Alias   bool   `json:"alias,omitempty"`   // the name is a CNAME (RFC 2181 section 10.3)
	Literal bool   `json:"literal,omitempty"` // an IP address stands where a name must
	// Cause is why there is no answer, Error its technical text.
	Cause scanner.Cause `json:"cause,omitzero"`
	Error string        `json:"error,omitempty"`
}

// SPFResult is what the records of a name amount to, whoever sends.
type SPFResult string

// The results of RFC 7208 section 2.6 that do not depend on the sender.
const (
	SPFUsable    SPFResult = "usable"
	SPFNone      SPFResult = "none"
	SPFPermError SPFResult = "permerror"
	SPFTempError SPFResult = "temperror" // an answer is missing: not known
)

// SPF is the tree of SPF records that begins at a domain. A term after "all" is
// never evaluated (RFC 7208 section 5.1): it is left out of every count.
type SPF struct {
	Result SPFResult  `json:"result"`
	Faults []SPFFault `json:"faults,omitempty"` // why it is no more than that; at most 20
	// Records are the records met, the root first, then in the order of meeting; at
	// most 40. A name that several branches lead to stands once.
	Records []SPFRecord `json:"records,omitempty"`
	// Lookups is the sum of the costs of the branches of the root, bounded to 1000.
	Lookups int `json:"lookups"`
	Voids   int `json:"voids,omitempty"` // among them, those proven to find nothing
	// Open tells that the sums are only a lower bound: an answer is missing, or the
	// tree is larger than is read.
	Open bool `json:"open,omitempty"`
	// End is the qualifier for senders that nothing lists, after redirects: "+",
	// "-", "~", "?", or empty when no term says it. EndAt is the record that says it.
	End        string `json:"end,omitempty"`
	EndAt      string `json:"end_at,omitempty"`
	EndUnknown bool   `json:"end_unknown,omitempty"`
}

// SPFRecord is what a name publishes.
type SPFRecord struct {
	Name   string `json:"name"`
	Answer Answer `json:"answer"`
	Count  int    `json:"count"`          // records that claim to be SPF
	Text   string `json:"text,omitempty"` // of the only one, at most 1000 bytes
	Fault  string `json:"fault,omitempty"`
	// Terms are those evaluated, at most 100; of a record with a fault, those that
	// are well formed, of which nothing was asked.
	Terms []SPFTerm `json:"terms,omitempty"`
	Cost  int       `json:"cost"` // of its terms and of all they lead to
	Voids int       `json:"voids,omitempty"`
	// Cause is why there is no answer, Error its technical text.
	Cause scanner.Cause `json:"cause,omitzero"`
	Error string        `json:"error,omitempty"`
}

// SPFTerm is one evaluated term of a record.
type SPFTerm struct {
	Text string `json:"text"`
	Kind string `json:"kind"` // "include", "a", "mx", "ptr", "exists", "redirect", "ip4", "ip6" or "all"
	// Target is the name asked about; Macro tells that it depends on the message
	// and was not asked.
	Target string `json:"target,omitempty"`
	Macro  bool   `json:"macro,omitempty"`
	// Answer is what the question of the term itself got.
	Answer Answer `json:"answer,omitempty"`
	Hosts  int    `json:"hosts,omitempty"` // names behind an mx term
	Cost   int    `json:"cost,omitempty"`  // the term itself and the whole branch below
	Voids  int    `json:"voids,omitempty"`
	// Prefix is the range of an ip4 or ip6 term; Bits4 and Bits6 are the prefix
	// lengths of an a or mx term that sets them.
	Prefix string `json:"prefix,omitempty"`
	Bits4  *int   `json:"bits4,omitempty"`
	Bits6  *int   `json:"bits6,omitempty"`
}

// SPFFaultKind says what is wrong in a tree.
type SPFFaultKind string

// The faults of a tree.
const (
	SPFAbsent   SPFFaultKind = "absent"    // the name has no record
	SPFSeveral  SPFFaultKind = "several"   // RFC 7208 section 4.5
	SPFSyntax   SPFFaultKind = "syntax"    // section 4.6
	SPFLoop     SPFFaultKind = "loop"      // an include or redirect leads back to itself
	SPFLookups  SPFFaultKind = "lookups"   // more than 10, section 4.6.4
	SPFVoids    SPFFaultKind = "voids"     // more than 2, section 4.6.4
	SPFMXHosts  SPFFaultKind = "mx-hosts"  // more than 10 names behind one mx, section 4.6.4
	SPFNoAnswer SPFFaultKind = "no-answer" // nothing is known of the name
)

// SPFFault is something wrong at a name of the tree.
type SPFFault struct {
	Kind SPFFaultKind `json:"kind"`
	Name string       `json:"name"`
	Term string       `json:"term,omitempty"`
}

// DMARC is the policy found by the tree walk of RFC 9989.
type DMARC struct {
	// Walk is every name asked, nearest first: 8 at most.
	Walk []DMARCStep `json:"walk"`
	// Organisation is the organisational domain found by the walk.
	Organisation string `json:"organisation,omitempty"`
	// PolicyDomain is the domain whose record applies; empty when none does.
	PolicyDomain string `json:"policy_domain,omitempty"`
	// Effective is the action for the domain looked at, before test mode. A domain
	// that does not exist has a word of its own in the record above (np).
	Effective string `json:"effective,omitempty"`
	// Reports are the destinations of aggregate reports, Failures those of failure
	// reports, of the record that applies; at most 10 each.
	Reports  []ReportAddress `json:"reports,omitempty"`
	Failures []ReportAddress `json:"failures,omitempty"`
}

// DMARCStep is what one name of the walk publishes.
type DMARCStep struct {
	Domain string       `json:"domain"`
	Answer Answer       `json:"answer"`
	Count  int          `json:"count"` // records that claim to be DMARC; more than one are none
	Record *DMARCRecord `json:"record,omitempty"`
	// Cause is why there is no answer, Error its technical text.
	Cause scanner.Cause `json:"cause,omitzero"`
	Error string        `json:"error,omitempty"`
}

// DMARCRecord is what a record says, with the defaults of RFC 9989 section 4.7.
type DMARCRecord struct {
	Policy     string `json:"policy"`               // p
	Subdomains string `json:"subdomains,omitempty"` // sp, empty when not said
	Inexistent string `json:"inexistent,omitempty"` // np, empty when not said
	PSD        string `json:"psd"`                  // "y", "n" or "u"
	Test       bool   `json:"test,omitempty"`       // t=y
	// Percent is the share of RFC 7489 (pct), which RFC 9989 removed; 100 when not
	// said.
	Percent int `json:"percent"`
	// Unusable tells that a policy word is wrong, or p missing, and no report address
	// makes up for it: receivers ignore the record (RFC 9989 section 4.10.1). With one,
	// the policy is "none", whatever the other words.
	Unusable bool     `json:"unusable,omitempty"`
	Legacy   []string `json:"legacy,omitempty"`  // removed tags met: "pct", "rf", "ri"
	Invalid  []string `json:"invalid,omitempty"` // tags whose value is not allowed
}

// ReportAddress is where reports are sent: a scheme and a domain, never a mailbox.
type ReportAddress struct {
	Scheme string `json:"scheme,omitempty"`
	Domain string `json:"domain,omitempty"`
	Valid  bool   `json:"valid"`           // a well-formed mailto address
	Count  int    `json:"count,omitempty"` // addresses alike
	// Mail tells whether the domain accepts mail: an MX that is not null, or an
	// address.
	Mail Answer `json:"mail,omitempty"`
	// External tells that the domain is of another organisation; Authorised is
	// then what the question for its consent got (RFC 9990 section 4).
	External   bool   `json:"external,omitempty"`
	Authorised Answer `json:"authorised,omitempty"`
}

// DKIMSelector is the key published under a declared selector.
type DKIMSelector struct {
	Selector string   `json:"selector"`
	Answer   Answer   `json:"answer"`
	Count    int      `json:"count"`
	Key      string   `json:"key,omitempty"` // "rsa" or "ed25519"
	Bits     int      `json:"bits,omitempty"`
	Revoked  bool     `json:"revoked,omitempty"`
	Test     bool     `json:"test,omitempty"`   // t=y
	Hashes   []string `json:"hashes,omitempty"` // h=, empty means all
	// NotForMail tells that the services the key is for (s=) leave mail out.
	NotForMail bool   `json:"not_for_mail,omitempty"`
	Fault      string `json:"fault,omitempty"`
	// Cause is why there is no answer, Error its technical text.
	Cause scanner.Cause `json:"cause,omitzero"`
	Error string        `json:"error,omitempty"`
}

// PublishedRecord is a record of which one valid copy is expected.
type PublishedRecord struct {
	Answer Answer `json:"answer"`
	Count  int    `json:"count"`
	Valid  bool   `json:"valid,omitempty"`
	Fault  string `json:"fault,omitempty"`
	// Reports are the destinations named, at most 10.
	Reports []ReportAddress `json:"reports,omitempty"`
	// Cause is why there is no answer, Error its technical text.
	Cause scanner.Cause `json:"cause,omitzero"`
	Error string        `json:"error,omitempty"`
}

// MTASTS is the MTA-STS record of a domain and the policy it announces.
type MTASTS struct {
	Record PublishedRecord `json:"record"`
	Policy *MTASTSPolicy   `json:"policy,omitempty"` // nil when no valid record asks for it
}

// PolicyFetch says how the retrieval of a policy ended.
type PolicyFetch string

// The ends of a retrieval.
const (
	PolicyRead        PolicyFetch = "read"
	PolicyMalformed   PolicyFetch = "malformed"
	PolicyCertificate PolicyFetch = "certificate" // not valid for the policy host
	PolicyRedirect    PolicyFetch = "redirect"    // must not be followed (RFC 8461 section 3.3)
	PolicyStatus      PolicyFetch = "status"      // another HTTP status than 200
	PolicyTooLong     PolicyFetch = "too-long"
	PolicyClosed      PolicyFetch = "closed"     // the port refuses connections
	PolicyNoAddress   PolicyFetch = "no-address" // proven by a negative answer
	PolicyNotHTTPS    PolicyFetch = "not-https"  // what answers speaks something else
	PolicyNotAsked    PolicyFetch = "not-asked"  // the host is outside the scope
	PolicyUnknown     PolicyFetch = "unknown"    // time-out or failure
)

// MTASTSPolicy is the policy served over HTTPS.
type MTASTSPolicy struct {
	Fetch     PolicyFetch   `json:"fetch"`
	Status    int           `json:"status,omitempty"`
	MediaType string        `json:"media_type,omitempty"`
	Mode      string        `json:"mode,omitempty"`
	MaxAge    time.Duration `json:"max_age,omitempty"`
	MX        []string      `json:"mx,omitempty"`        // patterns, at most 50
	Uncovered []string      `json:"uncovered,omitempty"` // MX hosts that no pattern covers
	// Cause is why it was not read, Error its technical text.
	Cause scanner.Cause `json:"cause,omitzero"`
	Error string        `json:"error,omitempty"`
}
