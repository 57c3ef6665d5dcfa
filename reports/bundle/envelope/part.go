// SPDX-License-Identifier: Apache-2.0

package envelope

import "fmt"

// PartError says which part of a sealed file is wrong, so that a person knows
// where to look: "envelope", "key", "signature", "finding …".
type PartError struct {
	Part string
	Err  error
}

// Wrong makes the error of a part.
func Wrong(part, format string, args ...any) error {
	return &PartError{part, fmt.Errorf(format, args...)}
}

// Error names the part and what is wrong with it.
func (e *PartError) Error() string { return fmt.Sprintf("%s: %v", e.Part, e.Err) }

// Unwrap gives the cause.
func (e *PartError) Unwrap() error { return e.Err }
