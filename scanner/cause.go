// SPDX-License-Identifier: Apache-2.0

package scanner

// Cause says in a code and values why something was not seen. It is worded once,
// in both languages; the raw text of an error is technical detail and stays in
// Detail.
type Cause struct {
	Code   CauseCode `json:"code"`
	Values Values    `json:"values,omitempty"`
	Detail string    `json:"detail,omitempty"`
}

// CauseCode names a cause for ever: it is sealed in observations.
type CauseCode string
