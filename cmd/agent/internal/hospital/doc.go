// SPDX-License-Identifier: Apache-2.0

// Package hospital holds the measure of a whole run: an agent, at its default
// courtesy, looks at a hospital of real servers on a network of its own, and what
// it sends is counted on the wire.
package hospital
