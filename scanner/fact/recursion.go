// SPDX-License-Identifier: Apache-2.0

package fact

import "carescan/scanner"

// Recursion is whether the name servers of a domain resolve any name for
// strangers.
type Recursion struct {
	Name  string         `json:"name"` // name asked for, ours and never asked before
	Tries []RecursionTry `json:"tries"`
	// NS is the answer to the question for the name servers: without any, the name
	// is not a zone, and there is nobody to ask.
	NS Answer `json:"ns,omitempty"`
	// More is how many name servers were left out.
	More int `json:"more,omitempty"`
}

// FactKind names the fact.
func (Recursion) FactKind() string { return "dns-recursion" }

// RecursionTry is a recursive question put to one address of a name server.
type RecursionTry struct {
	Server  string          `json:"server"`
	Address string          `json:"address,omitempty"`
	Result  RecursionResult `json:"result"`
	// Meeting tells a declared provider's server, and one that is in no list. A
	// provider's is asked about the domain only, and the result is not-asked when
	// that proves nothing.
	Meeting scanner.Meeting `json:"meeting,omitempty"`
	// Offered tells that a provider's server offers recursion: whether it would
	// resolve other names was not asked.
	Offered bool `json:"offered,omitempty"`
	// Cause is why there is no result, Error its technical text.
	Cause scanner.Cause `json:"cause,omitzero"`
	Error string        `json:"error,omitempty"`
}

// RecursionResult says how a recursive question ended.
type RecursionResult string

// The ends of a recursive question.
const (
	RecursionRefused RecursionResult = "refused"
	// RecursionNone is an answer without recursion: a referral, a failure, or a
	// server that claims authority over the name.
	RecursionNone     RecursionResult = "no-recursion"
	RecursionOpen     RecursionResult = "recursive"
	RecursionFailed   RecursionResult = "failed" // nothing came back: not known
	RecursionNotAsked RecursionResult = "not-asked"
	RecursionNoRoute  RecursionResult = "no-route"
	// RecursionNoAddress is a server whose name is proven to have no address: there
	// is nobody to ask.
	RecursionNoAddress RecursionResult = "no-address"
)
