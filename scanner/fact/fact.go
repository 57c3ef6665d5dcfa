// SPDX-License-Identifier: Apache-2.0

// Package fact holds what can be observed, as plain data. Facts are stored for
// years: a field may be added, never renamed, retyped or removed.
//
// A fact never judges and never names a person: it holds counts, levels, public
// records and keyed pseudonyms.
package fact

// Reach says how the contact with a service ended. A refusal is a fact.
type Reach string

// The ends of a contact.
const (
	Answered  Reach = "answered"   // it spoke the expected protocol
	Closed    Reach = "closed"     // the port refused the connection
	NoAddress Reach = "no-address" // the name has no address, by a negative DNS answer
	OtherTalk Reach = "other-talk" // it is open and speaks something else
	Unreached Reach = "unreached"  // time-out, refusal of our own guard, failure: we do not know
)
